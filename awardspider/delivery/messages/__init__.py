"""Messages: events, phrases, and rendering as the text, HTML and cards that channels need."""
