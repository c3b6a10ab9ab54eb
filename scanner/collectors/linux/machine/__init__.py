"""The machines that can be read: this one, a mounted root, an image, what a host sent back."""
