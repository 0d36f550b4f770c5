"""Options, portfolios, interest."""

from __future__ import annotations

from tests.corpus.registry import MATRICES, SUMS, Stream, program


def market(n, rng):
    return 50 + 100 * rng.random(n), 50 + 100 * rng.random(n), 0.1 + rng.random(n)


@program(market, sizes=(5, 40), large=500_000)
def black_scholes(np, spot, strike, years, rate=0.03, volatility=0.25):
    """Calls and puts, with an approximation of the normal distribution."""

    def cdf(x):
        k = 1.0 / (1.0 + 0.2316419 * np.abs(x))
        poly = k * (
            0.319381530
            + k
            * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429)))
        )
        tail = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) * poly
        return np.where(x >= 0, 1 - tail, tail)

    root = volatility * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / root
    d2 = d1 - root
    discounted = strike * np.exp(-rate * years)
    call = spot * cdf(d1) - discounted * cdf(d2)
    return call, call - spot + discounted, cdf(d1)


@program(lambda n, rng: (n,), sizes=(5, 30), large=1500)
def binomial_tree(np, n, spot=100.0, strike=105.0, rate=0.03, volatility=0.2):
    """An American put, backwards through the tree."""
    dt = 1.0 / n
    up = np.exp(volatility * np.sqrt(dt))
    p = (np.exp(rate * dt) - 1 / up) / (up - 1 / up)
    discount = np.exp(-rate * dt)
    k = np.arange(n + 1)
    prices = spot * up ** (2.0 * k - n)
    values = np.maximum(strike - prices, 0)
    for _ in range(n):
        values = discount * (p * values[1:] + (1 - p) * values[:-1])
        prices = prices[:-1] * up
        values = np.maximum(values, strike - prices)
    return values[0]


@program(
    lambda n, rng: (Stream(5), n),
    sizes=(50, 400),
    large=1_000_000,
    rtol=1e-9,
    reason=SUMS,
)
def monte_carlo_option(np, rng, n):
    """Uniform numbers, made normal by Box and Muller's formula."""
    u, v = rng.random(n), rng.random(n)
    z = np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)
    final = 100 * np.exp((0.03 - 0.02) + 0.2 * z)
    payoff = np.maximum(final - 100, 0) * np.exp(-0.03)
    return payoff.mean(), payoff.std() / np.sqrt(n)


@program(lambda n, rng: (rng.standard_normal((60, n)) / 100,), sizes=(3, 6), large=60, rtol=1e-7,
         reason=MATRICES)  # fmt: skip
def portfolio(np, returns):
    """Of least variance, and what it has lost at worst."""
    covariance = np.cov(returns.T) + 1e-6 * np.eye(returns.shape[1])
    ones = np.ones(len(covariance))
    weights = np.linalg.solve(covariance, ones)
    weights /= weights.sum()
    daily = returns @ weights
    value = np.cumprod(1 + daily)
    return (
        weights,
        value,
        np.sqrt(weights @ covariance @ weights),
        np.quantile(daily, 0.05) + 1,
    )


@program(lambda n, rng: (rng.random(n) * 5000 + 1000,), sizes=(5, 30), large=200_000)
def loans(np, amount, rate=0.004, months=24):
    """Annuities: what is owed after each month."""
    payment = amount * rate / (1 - (1 + rate) ** -months)
    balance = amount.copy()
    paid = np.zeros_like(amount)
    for _ in range(months):
        interest = balance * rate
        paid += interest
        balance -= payment - interest
    return payment.round(2), paid, np.isclose(balance, 0, atol=1e-6)


@program(lambda n, rng: (rng.random(n) * 90_000,), sizes=(6, 40), large=1_000_000)
def income_tax(np, income):
    """Brackets by clip, by select and by piecewise must agree."""
    lower = np.array([0.0, 10_000, 40_000])
    upper = np.array([10_000, 40_000, np.inf])
    rates = np.array([0.1, 0.2, 0.4])
    part = np.clip(income[:, None] - lower, 0, upper - lower)
    by_parts = part[:, 0] * 0.1 + part[:, 1] * 0.2 + part[:, 2] * 0.4
    by_cases = np.piecewise(
        income,
        [income < 10_000, (income >= 10_000) & (income < 40_000), income >= 40_000],
        [
            lambda x: 0.1 * x,
            lambda x: 1000 + 0.2 * (x - 10_000),
            lambda x: 7000 + 0.4 * (x - 40_000),
        ],
    )
    return by_parts, by_cases, rates[np.searchsorted(upper, income)]


@program(lambda n, rng: (rng.standard_normal(n) / 50,), sizes=(25, 60), large=200_000, rtol=1e-9,
         reason=SUMS)  # fmt: skip
def crossing_averages(np, change):
    """A trading rule on two moving averages."""
    price = 100 * np.exp(np.cumsum(change))
    fast = np.convolve(price, np.full(5, 1 / 5), "same")
    slow = np.convolve(price, np.full(20, 1 / 20), "same")
    position = np.where(fast > slow + 1e-6, 1, -1)
    trades = np.abs(np.diff(position, prepend=position[0])) // 2
    gain = (position[:-1] * change[1:]).sum() + 1
    return trades.sum(), gain, price


@program(
    lambda n, rng: (rng.random((n, 12)),),
    sizes=(4, 15),
    large=100_000,
    rtol=1e-11,
    reason=SUMS,
)
def sales_by_quarter(np, sales):
    """Reshaped sums, shares, growth, running totals."""
    quarters = sales.reshape(-1, 4, 3).sum(axis=-1)
    share = quarters / quarters.sum(axis=1, keepdims=True)
    growth = np.diff(quarters, axis=1) / quarters[:, :-1]
    running = np.cumsum(sales, axis=1)
    return quarters, share, growth + 10, running, (running > 3).argmax(axis=1)
