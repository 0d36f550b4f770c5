"""scikit-learn's functions on lazy arrays, in a process where dispatch is on.

    SCIPY_ARRAY_API=1 python -m tests.interop.sklearn_calls

prints how their results compare with NumPy's.
"""

from __future__ import annotations

import importlib

import numpy as np

from tests.interop.report import main

NUMBERS = """
metrics.accuracy_score(label, guess)
metrics.f1_score(label, guess, average="macro")
metrics.precision_score(label > 0, guess > 0)
metrics.r2_score(target, score)
metrics.mean_squared_error(target, score)
metrics.mean_absolute_error(target, score)
metrics.median_absolute_error(target, score)
metrics.explained_variance_score(target, score)
metrics.log_loss(label > 0, score)
metrics.roc_auc_score(label > 0, score)
metrics.zero_one_loss(label, guess)
model_selection.cross_val_score(linear_model.Ridge(solver="svd"), x, target).sum()
""".strip().splitlines()
ARRAYS = """
metrics.confusion_matrix(label, guess)
metrics.roc_curve(label > 0, score)[1]
metrics.pairwise.euclidean_distances(x)
metrics.pairwise.cosine_similarity(x)
metrics.pairwise.rbf_kernel(x)
preprocessing.StandardScaler().fit_transform(x)
preprocessing.MinMaxScaler().fit_transform(x)
preprocessing.MaxAbsScaler().fit_transform(x)
preprocessing.Normalizer().fit_transform(x)
preprocessing.Binarizer(threshold=0.5).fit_transform(x)
preprocessing.KernelCenterer().fit_transform(x @ x.T)
preprocessing.PolynomialFeatures().fit_transform(x)
preprocessing.LabelEncoder().fit_transform(label)
preprocessing.LabelBinarizer().fit_transform(label)
decomposition.PCA(2, svd_solver="full").fit(x).explained_variance_
kernel_approximation.Nystroem(n_components=4, random_state=0).fit_transform(x)
linear_model.Ridge(solver="svd").fit(x, target).predict(x)
linear_model.RidgeCV().fit(x, target).predict(x)
linear_model.RidgeClassifier(solver="svd").fit(x, label).predict(x)
linear_model.LogisticRegression().fit(x, label).predict(x)
linear_model.PoissonRegressor().fit(x, target).predict(x)
discriminant_analysis.LinearDiscriminantAnalysis().fit(x, label).predict(x)
naive_bayes.GaussianNB().fit(x, label).predict(x)
mixture.GaussianMixture(2, init_params="random", random_state=0).fit(x).means_
model_selection.train_test_split(x, random_state=0)[0]
utils.check_array(x)
pipeline.make_pipeline(preprocessing.StandardScaler(), ridge).fit(x, target).predict(x)
""".strip().splitlines()
MODULES = """
decomposition discriminant_analysis kernel_approximation linear_model metrics mixture
model_selection naive_bayes pipeline preprocessing utils
"""


def evaluated(call, module):
    """Return what a call gives for arrays of a module."""
    names = MODULES.split()
    scope = {name: importlib.import_module(f"sklearn.{name}") for name in names}
    scope["ridge"] = scope["linear_model"].Ridge(solver="svd")
    draw = np.random.default_rng(0)
    x = draw.random((40, 4))
    arrays = {
        "x": x,
        "target": x @ np.array([1.0, 2.0, 3.0, 4.0]),
        "score": draw.random(40),
        "label": draw.integers(0, 3, 40),
        "guess": draw.integers(0, 3, 40),
    }
    scope |= {name: module.asarray(value) for name, value in arrays.items()}
    with importlib.import_module("sklearn").config_context(array_api_dispatch=True):
        return eval(call, scope)  # noqa: S307 - of the tables above


if __name__ == "__main__":
    main([*NUMBERS, *ARRAYS], evaluated)
