"""The pages that anyone with the link can open, without navigation, cookies or anything of the owner."""
