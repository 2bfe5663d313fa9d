"""Fixtures of the classifier's tests."""

import pytest

from classifiers.embedded import EmbeddedClassifier


@pytest.fixture(scope="session")
def shipped() -> EmbeddedClassifier:
    """The model in classifiers/model, on one core."""
    return EmbeddedClassifier.load(threads=1)
