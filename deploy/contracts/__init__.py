"""The contracts as a product: their pages, their frozen versions, and what may change in them."""
