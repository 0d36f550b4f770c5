// Folds: init, push (one element), tile (N elements), merge (another fold) and value. A
// state of folds settles before it is merged.

// [exact]
// A running sum with the rounding error of every addition kept beside it.
template <class R>
struct lz_exact {
  typedef R type;
  R s, c;
  static __device__ __forceinline__ R add(R a, R b) { return a + b; }
  __device__ __forceinline__ void init() { s = R(0), c = R(0); }
  __device__ __forceinline__ void push(R x) {
    const R t = s + x;
    const R b = t - s;
    c = c + ((s - (t - b)) + (x - b));
    s = t;
  }
  __device__ __forceinline__ void merge(const lz_exact& o) {
    push(o.s);
    c = c + o.c;
  }
  // Once the sum is infinite or NaN the kept error means nothing.
  __device__ __forceinline__ R value() const { return s - s == R(0) ? s + c : s; }
};

// [exact_complex]
template <class R>
struct lz_exact_complex {
  typedef lz_complex<R> type;
  lz_exact<R> re, im;
  static __device__ __forceinline__ type add(type a, type b) { return a + b; }
  __device__ __forceinline__ void init() { re.init(), im.init(); }
  __device__ __forceinline__ void push(type x) { re.push(x.re), im.push(x.im); }
  __device__ __forceinline__ void merge(const lz_exact_complex& o) {
    re.merge(o.re), im.merge(o.im);
  }
  __device__ __forceinline__ type value() const { return type(re.value(), im.value()); }
};

// [plain]
template <class T>
struct lz_plain {
  typedef T type;
  T s;
  static __device__ __forceinline__ T add(T a, T b) { return lz_wrap_add(a, b); }
  __device__ __forceinline__ void init() { s = T(0); }
  __device__ __forceinline__ void push(T x) { s = lz_wrap_add(s, x); }
  __device__ __forceinline__ void merge(const lz_plain& o) { s = lz_wrap_add(s, o.s); }
  __device__ __forceinline__ T value() const { return s; }
};

// [pairwise]
template <int N, class S, class T>
__device__ __forceinline__ typename S::type lz_pairwise(const T* x) {
  typedef typename S::type A;
  if constexpr (N == 1)
    return A(x[0]);
  else
    return S::add(lz_pairwise<N / 2, S>(x), lz_pairwise<N - N / 2, S>(x + N / 2));
}

// [fold_sum]
// S adds: a tile pairwise, then exactly.
template <class T, class S>
struct lz_fold_sum {
  typedef typename S::type A;
  S a;
  __device__ __forceinline__ void init() { a.init(); }
  __device__ __forceinline__ void push(T x) { a.push(A(x)); }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    a.push(lz_pairwise<N, S>(x));
  }
  __device__ __forceinline__ void merge(const lz_fold_sum& o) { a.merge(o.a); }
  __device__ __forceinline__ T value() const { return T(a.value()); }
};

// [times]
template <class T>
__device__ __forceinline__ T lz_times(T a, T b) {
  return a * b;
}
// [wrap_times]
template <class T>
__device__ __forceinline__ T lz_wrap_times(T a, T b) {
  return lz_wrap_multiply(a, b);
}

// [fold_prod]
template <class T, class A, A (*TIMES)(A, A)>
struct lz_fold_prod {
  A a;
  __device__ __forceinline__ void init() { a = A(1); }
  __device__ __forceinline__ void push(T x) { a = TIMES(a, A(x)); }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
#pragma unroll
    for (int k = 0; k < N; ++k) push(x[k]);
  }
  __device__ __forceinline__ void merge(const lz_fold_prod& o) { a = TIMES(a, o.a); }
  __device__ __forceinline__ T value() const { return T(a); }
};

// [wins unordered]
// Whether x comes before y when looking for the largest (S > 0) or the smallest.
template <int S, class T>
__device__ __forceinline__ bool lz_wins(const T& x, const T& y) {
  return S > 0 ? x > y : x < y;
}
template <class T>
__device__ __forceinline__ bool lz_unordered(const T& x) {
  return x != x;
}

// [either]
// The larger (S > 0) or smaller of two; NaN wins.
template <int S, class T>
__device__ __forceinline__ T lz_either(T a, T b) {
  return lz_wins<S>(b, a) || (lz_unordered(b) && !lz_unordered(a)) ? b : a;
}
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
template <>
__device__ __forceinline__ float lz_either<1, float>(float a, float b) {
  asm("max.NaN.f32 %0, %0, %1;" : "+f"(a) : "f"(b));
  return a;
}
template <>
__device__ __forceinline__ float lz_either<-1, float>(float a, float b) {
  asm("min.NaN.f32 %0, %0, %1;" : "+f"(a) : "f"(b));
  return a;
}
#endif
// Of N elements. Two comparisons of doubles take longer than one and a shared test.
template <int S, int N, class T>
__device__ __forceinline__ T lz_best(const T* x) {
  T best = x[0];
#pragma unroll
  for (int k = 1; k < N; ++k) best = lz_either<S>(best, x[k]);
  return best;
}
template <int S, int N>
__device__ __forceinline__ double lz_best(const double* x) {
  double best = x[0];
  bool bad = lz_unordered(x[0]);
#pragma unroll
  for (int k = 1; k < N; ++k) {
    bad |= lz_unordered(x[k]);
    best = lz_wins<S>(x[k], best) ? x[k] : best;
  }
  return bad ? lz_with_words(0x7ff80000, 0) : best;
}

// [real_worst]
// What every other element wins from, or is equal to.
template <int S, class T>
__device__ __forceinline__ T lz_real_worst() {
  return (T)lz_with_words(S > 0 ? (int)0xfff00000 : 0x7ff00000, 0);
}
// [int_worst]
template <int S, class T>
__device__ __forceinline__ T lz_int_worst() {
  const T least = (T)-1 < (T)0 ? (T)(1ULL << (8 * sizeof(T) - 1)) : (T)0;
  return S > 0 ? least : (T)~(unsigned long long)least;
}

// [extreme]
// NaN wins.
template <int S, class T, T (*WORST)()>
struct lz_extreme {
  T a;
  __device__ __forceinline__ void init() { a = WORST(); }
  __device__ __forceinline__ void push(T x) { a = lz_either<S>(a, x); }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    push(lz_best<S, N>(x));
  }
  __device__ __forceinline__ void merge(const lz_extreme& o) { push(o.a); }
  __device__ __forceinline__ T value() const { return a; }
};

// [complex_extreme]
// `any` is false before the first element.
template <int S, class T>
struct lz_complex_extreme {
  T a;
  bool any;
  __device__ __forceinline__ void init() { a = T(), any = false; }
  __device__ __forceinline__ void push(T x) {
    a = any ? lz_either<S>(a, x) : x;
    any = true;
  }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
#pragma unroll
    for (int k = 0; k < N; ++k) push(x[k]);
  }
  __device__ __forceinline__ void merge(const lz_complex_extreme& o) {
    if (o.any) push(o.a);
  }
  __device__ __forceinline__ T value() const { return a; }
};

// [at]
// An element and where it stands, for the folds that answer with a place.
template <class T>
struct lz_at {
  T x;
  long long i;
};

// [place]
// The first of the best elements; the first NaN if there is one.
template <int S, class T>
struct lz_place {
  T a;
  long long at;
  __device__ __forceinline__ void init() { a = T(), at = -1; }
  __device__ __forceinline__ void push(const lz_at<T>& e) {
    const bool nan = lz_unordered(e.x), had = lz_unordered(a);
    const bool wins = !had && (nan || lz_wins<S>(e.x, a));
    const bool ties = nan == had && (nan || !lz_wins<S>(a, e.x));
    if (at < 0 || wins || (ties && e.i < at)) a = e.x, at = e.i;
  }
  template <int N>
  __device__ __forceinline__ void tile(const lz_at<T>* e) {
#pragma unroll
    for (int k = 0; k < N; ++k) push(e[k]);
  }
  __device__ __forceinline__ void merge(const lz_place& o) {
    if (o.at >= 0) {
      lz_at<T> e;
      e.x = o.a, e.i = o.at;
      push(e);
    }
  }
  __device__ __forceinline__ long long value() const { return at; }
};
// [fold_argmax]
template <class T>
struct lz_fold_argmax : lz_place<1, T> {};
// [fold_argmin]
template <class T>
struct lz_fold_argmin : lz_place<-1, T> {};

// [fold_all]
template <class T>
struct lz_fold_all {
  T a;
  __device__ __forceinline__ void init() { a = true; }
  __device__ __forceinline__ void push(T x) { a = a && x; }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
#pragma unroll
    for (int k = 0; k < N; ++k) push(x[k]);
  }
  __device__ __forceinline__ void merge(const lz_fold_all& o) { a = a && o.a; }
  __device__ __forceinline__ T value() const { return a; }
};
// [fold_any]
template <class T>
struct lz_fold_any {
  T a;
  __device__ __forceinline__ void init() { a = false; }
  __device__ __forceinline__ void push(T x) { a = a || x; }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
#pragma unroll
    for (int k = 0; k < N; ++k) push(x[k]);
  }
  __device__ __forceinline__ void merge(const lz_fold_any& o) { a = a || o.a; }
  __device__ __forceinline__ T value() const { return a; }
};

// [fold_count_nonzero]
template <class T>
struct lz_fold_count_nonzero {
  long long a;
  __device__ __forceinline__ void init() { a = 0; }
  __device__ __forceinline__ void push(T x) { a += x != T(0); }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    int some = 0;
#pragma unroll
    for (int k = 0; k < N; ++k) some += x[k] != T(0);
    a += some;
  }
  __device__ __forceinline__ void merge(const lz_fold_count_nonzero& o) { a += o.a; }
  __device__ __forceinline__ long long value() const { return a; }
};

// [fold_sum_squared_deviations]
// Count, mean and sum of squared distances from it; R is what it computes in. Groups of
// elements wait, as distances `s` from the mean, until they are as many as those before
// them: then the mean moves. Dividing is that rare, and what the move takes away from m2
// is at most two thirds of what the groups brought, so that nothing cancels.
template <class T, class R>
struct lz_fold_sum_squared_deviations {
  R n, mean, m2, waiting, s;
  __device__ __forceinline__ void init() {
    n = R(0), mean = R(0), m2 = R(0), waiting = R(0), s = R(0);
  }
  __device__ __forceinline__ void settle() {
    if (waiting > R(0)) {
      n = n + waiting;
      const R d = s * lz_reciprocal_near(n), less = s * d;
      m2 = less < m2 ? m2 - less : m2;  // both are infinite where squares are
      mean = mean + d;
      waiting = R(0), s = R(0);
    }
  }
  __device__ __forceinline__ void join(R count, R centre, R spread) {
    if (n == R(0)) {
      n = count, mean = centre, m2 = spread;
      return;
    }
    const R d = centre - mean, far = count * d;
    m2 = m2 + (spread + far * d);
    s = s + far;
    waiting = waiting + count;
    if (waiting >= n) settle();
  }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    const R centre = lz_pairwise<N, lz_exact<R>>(x) * (R(1) / R(N));
    R spread = R(0);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const R d = R(x[k]) - centre;
      spread = fma(d, d, spread);
    }
    join(R(N), centre, spread);
  }
  template <int N>
  __device__ __forceinline__ void some(const T* x, const bool* in) {
    R count = R(0), total = R(0), spread = R(0);
#pragma unroll
    for (int k = 0; k < N; ++k)
      if (in[k]) count = count + R(1), total = total + R(x[k]);
    if (count == R(0)) return;
    const R centre = total * lz_reciprocal_near(count);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const R d = R(x[k]) - centre;
      if (in[k]) spread = fma(d, d, spread);
    }
    join(count, centre, spread);
  }
  // Both have settled; as Chan, Golub and LeVeque merge. Before the first elements, the
  // distance from their mean is no distance of elements: its square may be infinite.
  __device__ __forceinline__ void merge(const lz_fold_sum_squared_deviations& o) {
    if (o.n > R(0)) {
      const R total = n + o.n, d = o.mean - mean;
      const R share = n > R(0) ? o.n * lz_reciprocal_near(total) : R(1);
      m2 = m2 + (o.m2 + d * (d * (n * share)));
      mean = mean + d * share;
      n = total;
    }
  }
  __device__ __forceinline__ T value() const { return T(m2); }
};
// [complex_deviations]
// Real and imaginary parts spread independently.
template <class T, class R>
struct lz_complex_deviations {
  lz_fold_sum_squared_deviations<R, R> re, im;
  __device__ __forceinline__ void init() { re.init(), im.init(); }
  __device__ __forceinline__ void settle() { re.settle(), im.settle(); }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    R a[N], b[N];
#pragma unroll
    for (int k = 0; k < N; ++k) a[k] = x[k].re, b[k] = x[k].im;
    re.template tile<N>(a), im.template tile<N>(b);
  }
  template <int N>
  __device__ __forceinline__ void some(const T* x, const bool* in) {
    R a[N], b[N];
#pragma unroll
    for (int k = 0; k < N; ++k) a[k] = x[k].re, b[k] = x[k].im;
    re.template some<N>(a, in), im.template some<N>(b, in);
  }
  __device__ __forceinline__ void merge(const lz_complex_deviations& o) {
    re.merge(o.re), im.merge(o.im);
  }
  __device__ __forceinline__ R value() const { return re.value() + im.value(); }
};
