"""The page on which somebody says yes to an app."""
