"""Images of offers, digests and promotions: stories, link previews and posts in a feed."""
