"""The parts of rendering: phrases and formats of a language, what an event says, and fitting text into limits."""
