"""How well rows are traced to who wrote them."""
