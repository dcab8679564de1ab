"""The REST API of what members do: the same verbs as the pages, with the key as whoever acts."""
