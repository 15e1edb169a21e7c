"""Functions from a split to predictions that leak, each in its own way, and honest ones that look alike."""

import json

import numpy as np
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler
from sklearn.svm import SVR

ROWS = np.arange(60)
SPLITS = [(ROWS[k != ROWS % 3], ROWS[k == ROWS % 3]) for k in range(3)]


def fit_predict(X, y, train, test, model=None):
    return clone(model if model is not None else Ridge()).fit(X[train], y[train]).predict(X[test])


# What must be caught, and as what.


def scaler_on_all(X, y, train, test):
    return fit_predict(StandardScaler().fit_transform(X), y, train, test, SVR())


def pca_on_all(X, y, train, test):
    return fit_predict(PCA(3, random_state=0).fit_transform(X), y, train, test)


def quantiles_on_all(X, y, train, test):
    return fit_predict(QuantileTransformer(n_quantiles=20).fit_transform(X), y, train, test)


def scaler_on_test(X, y, train, test):
    model = SVR().fit(StandardScaler().fit_transform(X[train]), y[train])
    return model.predict(StandardScaler().fit_transform(X[test]))


def mean_of_test(X, y, train, test):
    return fit_predict(X, y, train, test) + 0.01 * X[test].mean()


def ranks_within_test(X, y, train, test):
    return X[test, 0].argsort().argsort() / len(test)


def clusters_on_all(X, y, train, test):
    codes = KMeans(3, random_state=0, n_init=1).fit_predict(X)
    return fit_predict(np.column_stack([X, codes]), y, train, test)


def imputed_on_all(X, y, train, test):
    holes = np.where(np.abs(X) > np.quantile(np.abs(X[train]), 0.9), np.nan, X)
    return fit_predict(SimpleImputer().fit_transform(holes), y, train, test)


def labels_scaled_on_all(X, y, train, test):
    scaler = MinMaxScaler().fit(y[:, None])
    model = SVR().fit(X[train], scaler.transform(y[train, None])[:, 0])
    return scaler.inverse_transform(model.predict(X[test])[:, None])[:, 0]


def selected_on_all(X, y, train, test):
    return fit_predict(SelectKBest(f_regression, k=2).fit_transform(X, y), y, train, test)


def best_on_test(X, y, train, test):
    tried = [fit_predict(X, y, train, test, Ridge(alpha)) for alpha in (0.01, 10.0, 1000.0)]
    return min(tried, key=lambda predicted: ((predicted - y[test]) ** 2).mean())


def trained_on_all(X, y, train, test):
    return Ridge().fit(X, y).predict(X[test])


def centred_on_all_labels(X, y, train, test):
    return fit_predict(X, y - y.mean(), train, test, Ridge(fit_intercept=False)) + y.mean()


def bias_removed_on_test(X, y, train, test):
    predicted = fit_predict(X, y, train, test)
    return predicted + (y[test].mean() - predicted.mean())


def target_encoded_on_all(X, y, train, test):
    codes = (X[:, 1] > 0).astype(int)
    encoded = np.array([y[codes == code].mean() for code in codes])
    return fit_predict(np.column_stack([X, encoded]), y, train, test)


def tuned_on_all(X, y, train, test):
    search = GridSearchCV(Ridge(), {"alpha": [0.01, 10.0, 1000.0]}, cv=3).fit(X, y)
    return search.best_estimator_.predict(X[test])


def early_stopped_on_test(X, y, train, test):
    weights, best, kept = np.zeros(X.shape[1]), np.inf, None
    for _ in range(30):
        weights -= 1e-3 * X[train].T @ (X[train] @ weights - y[train]) / len(train)
        error = ((X[test] @ weights - y[test]) ** 2).mean()
        if error < best:
            best, kept = error, X[test] @ weights
    return kept


def make_scaler_fitted_once():
    scaler = StandardScaler()

    def evaluate(X, y, train, test):
        if not hasattr(scaler, "mean_"):
            scaler.fit(X[train])
        return fit_predict(scaler.transform(X), y, train, test, SVR())

    return evaluate


def make_scaler_fitted_before():
    evaluate = make_scaler_fitted_once()
    rng = np.random.default_rng(5)
    evaluate(rng.normal(size=(60, 8)), rng.normal(size=60), *SPLITS[1])
    return evaluate


def make_cached_by_split():
    kept = {}

    def evaluate(X, y, train, test):
        return kept.setdefault(tuple(test), fit_predict(X, y, train, test))

    return evaluate


def make_result_of_first_split():
    kept = []

    def evaluate(X, y, train, test):
        kept.append(fit_predict(X, y, train, test))
        return kept[0]

    return evaluate


def make_result_of_split_before():
    kept = []

    def evaluate(X, y, train, test):
        kept.append(fit_predict(X, y, train, test))
        return kept[-2] if len(kept) > 1 else kept[-1]

    return evaluate


def make_warm_start():
    model = RandomForestRegressor(5, warm_start=True, random_state=0)

    def evaluate(X, y, train, test):
        model.n_estimators += 5
        return model.fit(X[train], y[train]).predict(X[test])

    return evaluate


def make_running_mean():
    seen = []

    def evaluate(X, y, train, test):
        seen.extend(y[train])
        return fit_predict(X, y, train, test) + 0.1 * np.mean(seen)

    return evaluate


class Object:
    """State on an object, which a method keeps."""

    def __init__(self):
        self.best = None

    def evaluate(self, X, y, train, test):
        self.best = self.best or RidgeCV([0.01, 10.0, 1000.0]).fit(X[train], y[train])
        return self.best.predict(X[test])


def make_memory_on_disk(path):
    def evaluate(X, y, train, test):
        file = path / f"{test[0]}.json"
        if not file.exists():
            file.write_text(json.dumps(fit_predict(X, y, train, test).tolist()))
        return np.array(json.loads(file.read_text()))

    return evaluate


def make_data_of_its_own():
    rng = np.random.default_rng(0)
    own = rng.normal(size=(60, 8))

    def evaluate(X, y, train, test):
        return fit_predict(own, y, train, test)

    return evaluate


def in_place(X, y, train, test):
    X -= X[train].mean(axis=0)
    return fit_predict(X, y, train, test)


LEAKS = {
    scaler_on_all: "test features",
    pca_on_all: "test features",
    quantiles_on_all: "test features",
    scaler_on_test: "test features",
    mean_of_test: "test features",
    ranks_within_test: "test features",
    clusters_on_all: "test features",
    imputed_on_all: "test features",
    labels_scaled_on_all: "test labels",
    selected_on_all: "test labels",
    best_on_test: "test labels",
    trained_on_all: "test labels",
    centred_on_all_labels: "test labels",
    bias_removed_on_test: "test labels",
    target_encoded_on_all: "test labels",
    tuned_on_all: "test labels",
    early_stopped_on_test: "test labels",
    make_scaler_fitted_once(): "state",
    make_scaler_fitted_before(): "state",
    make_cached_by_split(): "state",
    make_result_of_first_split(): "state",
    make_result_of_split_before(): "state",
    make_warm_start(): "state",
    make_running_mean(): "state",
    Object().evaluate: "state",
    make_data_of_its_own(): "blind",
    in_place: "in place",
}


# What must pass.


def pipeline(X, y, train, test):
    return fit_predict(X, y, train, test, make_pipeline(StandardScaler(), PCA(3, random_state=0), SVR()))


def selected_inside(X, y, train, test):
    return fit_predict(X, y, train, test, make_pipeline(SelectKBest(f_regression, k=2), Ridge()))


def tuned_inside(X, y, train, test):
    return fit_predict(X, y, train, test, GridSearchCV(Ridge(), {"alpha": [0.01, 10.0]}, cv=3))


def forest(X, y, train, test):
    return fit_predict(X, y, train, test, RandomForestRegressor(5, random_state=0))


def neighbours(X, y, train, test):
    return fit_predict(X, y, train, test, KNeighborsRegressor(3, weights="distance"))


def mean_of_train(X, y, train, test):
    return fit_predict(X, y, train, test, DummyRegressor())


def one_feature(X, y, train, test):
    return X[test, 0]


def nothing(X, y, train, test):
    return np.zeros(len(test))


def seeded_globally(X, y, train, test):
    np.random.seed(0)
    return fit_predict(X, y, train, test, RandomForestRegressor(5))


def make_template():
    template = Ridge().fit(np.eye(8), np.arange(8.0))
    return lambda X, y, train, test: fit_predict(X, y, train, test, template)


def make_honest_memory():
    kept = {}

    def evaluate(X, y, train, test):
        key = (X.tobytes(), y[train].tobytes(), tuple(train), tuple(test))
        return kept.setdefault(key, fit_predict(X, y, train, test))

    return evaluate


def make_counter():
    calls = []

    def evaluate(X, y, train, test):
        calls.append(len(test))
        return fit_predict(X, y, train, test)

    return evaluate


HONEST = [
    pipeline,
    selected_inside,
    tuned_inside,
    forest,
    neighbours,
    mean_of_train,
    one_feature,
    nothing,
    seeded_globally,
    make_template(),
    make_honest_memory(),
    make_counter(),
]
