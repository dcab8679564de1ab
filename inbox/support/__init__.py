"""What support works with on the public host: finding, tracing, visiting, repairing."""
