"""Ready packs by trade: what a business of one kind begins with. Pure data, in both languages."""
