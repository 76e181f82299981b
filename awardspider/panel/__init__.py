"""The web panel finds its place here: pages, API and feeds over the same queries the commands use."""
