"""Messages: events, phrases, and rendering into the text, HTML and card forms of the channels."""
