// Complex numbers with NumPy's meaning; see preamble.cuh for what a section is.

// [complex part norm]
template <class T>
struct alignas(2 * sizeof(T)) lz_complex {
  T re, im;
  lz_complex() = default;
  __device__ __forceinline__ lz_complex(T r, T i = T(0)) : re(r), im(i) {}
};
template <class T>
__device__ __forceinline__ lz_complex<T> operator+(lz_complex<T> a, lz_complex<T> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
__device__ __forceinline__ lz_complex<T> operator-(lz_complex<T> a, lz_complex<T> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class T>
__device__ __forceinline__ lz_complex<T> operator-(lz_complex<T> a) {
  return {-a.re, -a.im};
}
template <class T>
__device__ __forceinline__ lz_complex<T> operator*(lz_complex<T> a, lz_complex<T> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
// Smith's division, which neither overflows nor underflows on the way.
template <class T>
__device__ __forceinline__ lz_complex<T> operator/(lz_complex<T> a, lz_complex<T> b) {
  const T x = fabs(b.re), y = fabs(b.im);
  if (x >= y) {
    if (x == T(0) && y == T(0)) return {a.re / x, a.im / x};
    const T ratio = b.im / b.re, scale = T(1) / (b.re + b.im * ratio);
    return {(a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale};
  }
  const T ratio = b.re / b.im, scale = T(1) / (b.im + b.re * ratio);
  return {(a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale};
}
template <class T>
__device__ __forceinline__ bool operator==(lz_complex<T> a, lz_complex<T> b) {
  return a.re == b.re && a.im == b.im;
}
template <class T>
__device__ __forceinline__ bool operator!=(lz_complex<T> a, lz_complex<T> b) {
  return a.re != b.re || a.im != b.im;
}
// Real parts first, imaginary parts next; NumPy's rule where one of them is NaN.
template <class T>
__device__ __forceinline__ bool operator<(lz_complex<T> a, lz_complex<T> b) {
  return (a.re < b.re && a.im == a.im && b.im == b.im) ||
         (a.re == b.re && a.im < b.im);
}
template <class T>
__device__ __forceinline__ bool operator<=(lz_complex<T> a, lz_complex<T> b) {
  return (a.re < b.re && a.im == a.im && b.im == b.im) ||
         (a.re == b.re && a.im <= b.im);
}
template <class T>
__device__ __forceinline__ bool operator>(lz_complex<T> a, lz_complex<T> b) {
  return b < a;
}
template <class T>
__device__ __forceinline__ bool operator>=(lz_complex<T> a, lz_complex<T> b) {
  return b <= a;
}
// The real type of a number, and its squared modulus.
template <class T>
struct lz_part {
  typedef T type;
};
template <class T>
struct lz_part<lz_complex<T>> {
  typedef T type;
};
template <class T>
__device__ __forceinline__ T lz_norm(lz_complex<T> a) {
  return a.re * a.re + a.im * a.im;
}
template <class T>
__device__ __forceinline__ T lz_norm(T a) {
  return a * a;
}
template <class To, class F>
struct lz_caster<To, lz_complex<F>> {
  static __device__ __forceinline__ To of(lz_complex<F> x) {
    return lz_caster<To, F>::of(x.re);
  }
};
template <class F>
struct lz_caster<bool, lz_complex<F>> {
  static __device__ __forceinline__ bool of(lz_complex<F> x) {
    return x.re != F(0) || x.im != F(0);
  }
};
template <class T, class From>
struct lz_caster<lz_complex<T>, From> {
  static __device__ __forceinline__ lz_complex<T> of(From x) {
    return {lz_caster<T, From>::of(x), T(0)};
  }
};
template <class T>
struct lz_caster<lz_complex<T>, lz_half> {
  static __device__ __forceinline__ lz_complex<T> of(lz_half x) {
    return {(T)(float)x, T(0)};
  }
};
template <class T, class F>
struct lz_caster<lz_complex<T>, lz_complex<F>> {
  static __device__ __forceinline__ lz_complex<T> of(lz_complex<F> x) {
    return {(T)x.re, (T)x.im};
  }
};

// [swap]
// i times the conjugate: takes the circular functions to the hyperbolic ones and back.
template <class T>
__device__ __forceinline__ lz_complex<T> lz_swap(lz_complex<T> a) {
  return {a.im, a.re};
}

// [isfinite_part isinf_part]
template <class T>
__device__ __forceinline__ bool lz_isfinite_part(T a) {
  return a - a == T(0);
}
template <class T>
__device__ __forceinline__ bool lz_isinf_part(T a) {
  return a == a && a - a != T(0);
}

// [complex_sign]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_complex_sign(lz_complex<T> a) {
  const bool x = lz_isinf_part(a.re), y = lz_isinf_part(a.im);
  const T r = lz_hypot(a.re, a.im), nan = (a.re - a.re) + (a.im - a.im);
  if ((x && y) || (a != a && !x && !y)) return {nan, nan};
  if (x) return {copysign(T(1), a.re), T(0)};
  if (y) return {T(0), copysign(T(1), a.im)};
  if (r == T(0)) return {T(0), T(0)};
  return {a.re / r, a.im / r};
}

// [complex_reciprocal]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_complex_reciprocal(lz_complex<T> a) {
  if (fabs(a.im) <= fabs(a.re)) {
    const T r = a.im / a.re, d = a.re + a.im * r;
    return {T(1) / d, -r / d};
  }
  const T r = a.re / a.im, d = a.re * r + a.im;
  return {r / d, T(-1) / d};
}

// [exp]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_exp(lz_complex<T> a) {
  if (a.im == T(0)) return {exp(a.re), a.im};
  if (!lz_isfinite_part(a.im)) {
    const T nan = a.im - a.im;
    if (!lz_isinf_part(a.re)) return {nan, nan};
    return a.re > T(0) ? lz_complex<T>(a.re, nan) : lz_complex<T>(T(0), T(0));
  }
  // In two factors, for exp(x) may overflow where its product with a small sine
  // or cosine does not.
  const T half = exp(a.re * T(0.5)), c = cos(a.im), s = sin(a.im);
  if (fabs(a.re) > T(sizeof(T) == 4 ? 80 : 700)) return {half * c * half, half * s * half};
  const T whole = exp(a.re);
  return {whole * c, whole * s};
}

// [exp2]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_exp2(lz_complex<T> a) {
  const T ln2 = (T)0.693147180559945309417232121458176568;
  return lz_exp(lz_complex<T>(a.re * ln2, a.im * ln2));
}

// [expm1]
// The array API standard's values at infinities, NaNs and zeros.
template <class T>
__device__ __forceinline__ lz_complex<T> lz_expm1(lz_complex<T> a) {
  if (a.im == T(0) && (a.re == T(0) || !lz_isfinite_part(a.re)))
    return {a.re == T(0) ? T(0) : expm1(a.re), a.im};
  if (!lz_isfinite_part(a.im) || !lz_isfinite_part(a.re)) {
    const lz_complex<T> e = lz_exp(a);
    return {e.re - T(1), e.im};
  }
  const T s = sin(a.im * T(0.5));
  return {expm1(a.re) * cos(a.im) - T(2) * s * s, exp(a.re) * sin(a.im)};
}

// [log]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_log(lz_complex<T> a) {
  const T r = lz_hypot(a.re, a.im), angle = atan2(a.im, a.re);
  if (r > T(0.7) && r < T(1.5)) {
    // log(r) near r = 1 from r*r - 1, with the rounding errors of the squares.
    const T x = fabs(a.re) > fabs(a.im) ? fabs(a.re) : fabs(a.im);
    const T y = fabs(a.re) > fabs(a.im) ? fabs(a.im) : fabs(a.re);
    const T p = x * x, q = y * y;
    const T rest = fma(x, x, -p) + fma(y, y, -q);
    return {T(0.5) * log1p(((p - T(1)) + q) + rest), angle};
  }
  const T most = sizeof(T) == 4 ? T(1e38) : T(1e308);
  if (r > most && lz_isfinite_part(a.re) && lz_isfinite_part(a.im)) {
    const T ln2 = (T)0.693147180559945309417232121458176568;
    return {log(lz_hypot(a.re * T(0.5), a.im * T(0.5))) + ln2, angle};
  }
  return {log(r), angle};
}

// [log2 log10]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_log2(lz_complex<T> a) {
  const T scale = (T)1.442695040888963407359924681001892137;
  const lz_complex<T> r = lz_log(a);
  return {r.re * scale, r.im * scale};
}
template <class T>
__device__ __forceinline__ lz_complex<T> lz_log10(lz_complex<T> a) {
  const T scale = (T)0.434294481903251827651128918916605082;
  const lz_complex<T> r = lz_log(a);
  return {r.re * scale, r.im * scale};
}

// [log1p]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_log1p(lz_complex<T> a) {
  return {log(lz_hypot(a.re + T(1), a.im)), atan2(a.im, a.re + T(1))};
}

// [sqrt]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_sqrt(lz_complex<T> a) {
  if (a.re == T(0) && a.im == T(0)) return {T(0), a.im};
  if (lz_isinf_part(a.im)) return {fabs(a.im), a.im};
  if (a.re != a.re) return {a.re, a.re};
  if (lz_isinf_part(a.re)) {
    const T rest = a.im - a.im;
    return a.re < T(0) ? lz_complex<T>(fabs(rest), copysign(a.re, a.im))
                       : lz_complex<T>(a.re, copysign(rest, a.im));
  }
  T x = a.re, y = a.im, scale = T(1);
  const T big = sizeof(T) == 4 ? T(1e37) : T(1e307);
  const T tiny = sizeof(T) == 4 ? T(1e-36) : T(1e-290);
  if (fabs(x) > big || fabs(y) > big) x *= T(0.25), y *= T(0.25), scale = T(2);
  if (fabs(x) < tiny && fabs(y) < tiny) {
    const T up = sizeof(T) == 4 ? T(16777216.0) : T(18014398509481984.0);  // a power of 4
    x *= up, y *= up, scale = sizeof(T) == 4 ? T(1.0 / 4096.0) : T(1.0 / 134217728.0);
  }
  const T t = sqrt((fabs(x) + lz_hypot(x, y)) * T(0.5));
  if (x >= T(0)) return {scale * t, scale * (y / (T(2) * t))};
  return {scale * (fabs(y) / (T(2) * t)), copysign(scale * t, y)};
}

// [annex_product]
// C's product, which NumPy's pow goes through: infinite where an operand is, not NaN.
template <class T>
__device__ inline lz_complex<T> lz_annex_product(lz_complex<T> a, lz_complex<T> b) {
  const lz_complex<T> plain = a * b;
  if (plain.re == plain.re || plain.im == plain.im) return plain;
  bool found = false;
  if (lz_isinf_part(a.re) || lz_isinf_part(a.im)) {
    a = {copysign(T(lz_isinf_part(a.re)), a.re), copysign(T(lz_isinf_part(a.im)), a.im)};
    if (b.re != b.re) b.re = copysign(T(0), b.re);
    if (b.im != b.im) b.im = copysign(T(0), b.im);
    found = true;
  }
  if (lz_isinf_part(b.re) || lz_isinf_part(b.im)) {
    b = {copysign(T(lz_isinf_part(b.re)), b.re), copysign(T(lz_isinf_part(b.im)), b.im)};
    if (a.re != a.re) a.re = copysign(T(0), a.re);
    if (a.im != a.im) a.im = copysign(T(0), a.im);
    found = true;
  }
  if (!found && (lz_isinf_part(a.re * b.re) || lz_isinf_part(a.im * b.im) ||
                 lz_isinf_part(a.re * b.im) || lz_isinf_part(a.im * b.re))) {
    if (a.re != a.re) a.re = copysign(T(0), a.re);
    if (a.im != a.im) a.im = copysign(T(0), a.im);
    if (b.re != b.re) b.re = copysign(T(0), b.re);
    if (b.im != b.im) b.im = copysign(T(0), b.im);
    found = true;
  }
  if (!found) return plain;
  const T inf = T(1) / T(0);
  return {inf * (a.re * b.re - a.im * b.im), inf * (a.re * b.im + a.im * b.re)};
}

// [complex_clip]
template <class T>
__device__ __forceinline__ bool lz_before(lz_complex<T> a, lz_complex<T> b) {
  return a.re == b.re ? a.im < b.im : a.re < b.re;
}
template <class T>
__device__ __forceinline__ lz_complex<T> lz_complex_clip(lz_complex<T> a,
                                                         lz_complex<T> low,
                                                         lz_complex<T> high) {
  if (a != a) return a;
  const lz_complex<T> up = lz_before(low, a) ? a : low;
  return up != up || lz_before(up, high) ? up : high;
}

// [pow]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_pow(lz_complex<T> a, lz_complex<T> b) {
  if (b.re == T(0) && b.im == T(0)) return {T(1), T(0)};
  if (a.re == T(0) && a.im == T(0)) {
    const T nan = T(0) / a.re;
    return b.re > T(0) ? lz_complex<T>(T(0), T(0)) : lz_complex<T>(nan, nan);
  }
  if (b.im == T(0) && fabs(b.re) < T(100) && b.re == rint(b.re)) {
    const int n = (int)fabs(b.re);
    if (b.re == T(1)) return a;
    if (b.re == T(2)) return a * a;
    if (b.re == T(3)) return a * (a * a);
    lz_complex<T> r(T(1), T(0)), p = a;
    for (int bits = n; bits != 0; bits >>= 1) {
      if (bits & 1) r = r * p;
      p = p * p;
    }
    return b.re < T(0) ? lz_complex<T>(T(1), T(0)) / r : r;
  }
  return lz_exp(lz_annex_product(b, lz_log(a)));
}

// [sinh]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_sinh(lz_complex<T> a) {
  const T x = a.re, y = a.im;
  if (y == T(0)) return {sinh(x), y};
  if (!lz_isfinite_part(y)) {
    const T nan = y - y;
    return {x == T(0) ? x : lz_isinf_part(x) ? fabs(x) : nan, nan};
  }
  if (x == T(0)) return {x, sin(y)};
  const T large = T(sizeof(T) == 4 ? 80 : 700);
  if (fabs(x) > large) {
    const T half = exp(fabs(x) * T(0.5));
    return {copysign(T(0.5) * half, x) * cos(y) * half, T(0.5) * half * sin(y) * half};
  }
  return {sinh(x) * cos(y), cosh(x) * sin(y)};
}

// [cosh]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_cosh(lz_complex<T> a) {
  const T x = a.re, y = a.im;
  if (y == T(0)) return {cosh(x), copysign(T(0), x) * copysign(T(1), y)};
  if (!lz_isfinite_part(y)) {
    const T nan = y - y;
    if (x == T(0)) return {nan, x * copysign(T(1), y)};
    return {lz_isinf_part(x) ? fabs(x) : nan, nan};
  }
  if (x == T(0)) return {cos(y), x * sin(y)};
  const T large = T(sizeof(T) == 4 ? 80 : 700);
  if (fabs(x) > large) {
    const T half = exp(fabs(x) * T(0.5));
    return {T(0.5) * half * cos(y) * half, copysign(T(0.5) * half, x) * sin(y) * half};
  }
  return {cosh(x) * cos(y), sinh(x) * sin(y)};
}

// [tanh]
// At an infinite real part the imaginary part is a zero with the sign of the operand's.
template <class T>
__device__ __forceinline__ lz_complex<T> lz_tanh(lz_complex<T> a) {
  const T x = a.re, y = a.im;
  if (lz_isinf_part(x)) return {copysign(T(1), x), copysign(T(0), y)};
  if (x != x) return {x, y == T(0) ? y : x};
  if (!lz_isfinite_part(y)) return {x == T(0) ? x : y - y, y - y};
  if (fabs(x) > T(sizeof(T) == 4 ? 11 : 22)) {
    const T e = exp(-fabs(x));
    return {copysign(T(1), x), T(4) * sin(y) * cos(y) * e * e};
  }
  const T t = tan(y), beta = T(1) + t * t, s = sinh(x), rho = sqrt(T(1) + s * s);
  if (lz_isinf_part(t)) return {rho / s, T(1) / t};
  const T d = T(1) + beta * s * s;
  return {beta * rho * s / d, t / d};
}

// [sin cos tan]
template <class T>
__device__ __forceinline__ lz_complex<T> lz_sin(lz_complex<T> a) {
  return lz_swap(lz_sinh(lz_swap(a)));
}
template <class T>
__device__ __forceinline__ lz_complex<T> lz_cos(lz_complex<T> a) {
  return lz_cosh(lz_complex<T>(-a.im, a.re));
}
template <class T>
__device__ __forceinline__ lz_complex<T> lz_tan(lz_complex<T> a) {
  return lz_swap(lz_tanh(lz_swap(a)));
}
