"""The expression graph: nodes, affine views, inference, text."""
