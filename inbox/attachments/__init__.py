"""Pictures and files of texts on the pages of one business."""
