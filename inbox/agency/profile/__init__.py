"""An agency itself: its name, where it is reached, and the mildest posture of its businesses."""
