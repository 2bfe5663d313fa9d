"""Print the challenge set's score by kind: `python -m tests.classifiers.challenge [model folder]`."""

import sys
from pathlib import Path

from classifiers.embedded import EmbeddedClassifier
from tests.classifiers.challenge import scored, table

if __name__ == "__main__":
    classifier = EmbeddedClassifier.load(Path(sys.argv[1]) if sys.argv[1:] else None)
    sys.stdout.write(f"{classifier.model_id}\n\n{table(scored(classifier))}\n")
