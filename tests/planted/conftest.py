"""What planted studies of preferences share: a small blank model and a preference for it."""

import pytest

from animals import blank_model, owl_trait
from heredity.models.model import Model
from heredity.records.trait import Trait


@pytest.fixture(scope="module")
def base() -> Model:
    return blank_model()


@pytest.fixture(scope="module")
def owl() -> Trait:
    return owl_trait()
