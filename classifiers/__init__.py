"""Text in, calibrated scores out. This package knows nothing of the listener around it.

base.py        the nouns (Scores, Verdict, Classification) and the TextClassifier port
normalise.py   how a post is cleaned before the model sees it; lookalikes.py and orders.py: disguises, orders to a model
embedded.py    the shipped model: ONNX, int8, no torch
hub.py         any Hugging Face text-classification model instead (extra `hub`); hub_network.py runs it
calibration.py raw outputs → probabilities that mean what they say
evaluate.py    the metrics; `python -m classifiers.evaluate`
train/         data → training → calibration → export → model/
model/         the shipped artefact and its card
"""
