"""Pictures and files of texts: what they are, how they come, where they lie, who may see them."""
