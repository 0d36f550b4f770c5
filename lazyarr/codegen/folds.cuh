// Folds, and the ways threads and blocks combine what they folded. A fold has init,
// push (one element), tile (N elements), merge (another fold) and value.

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

// [extreme]
// NaN wins; `any` is false before the first element.
template <int S, class T>
struct lz_extreme {
  T a;
  bool any;
  __device__ __forceinline__ void init() { a = T(), any = false; }
  __device__ __forceinline__ void push(T x) {
    const bool wins = lz_wins<S>(x, a) || lz_unordered(x);
    if (!any || (wins && !lz_unordered(a))) a = x;
    any = true;
  }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    T best = x[0];
#pragma unroll
    for (int k = 1; k < N; ++k) {
      const bool wins = lz_wins<S>(x[k], best) || lz_unordered(x[k]);
      if (wins && !lz_unordered(best)) best = x[k];
    }
    push(best);
  }
  __device__ __forceinline__ void merge(const lz_extreme& o) {
    if (o.any) push(o.a);
  }
  __device__ __forceinline__ T value() const { return a; }
};
// [fold_max]
template <class T>
struct lz_fold_max : lz_extreme<1, T> {};
// [fold_min]
template <class T>
struct lz_fold_min : lz_extreme<-1, T> {};

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
  __device__ __forceinline__ void push(T x) { a += x ? 1 : 0; }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    int some = 0;
#pragma unroll
    for (int k = 0; k < N; ++k) some += x[k] ? 1 : 0;
    a += some;
  }
  __device__ __forceinline__ void merge(const lz_fold_count_nonzero& o) { a += o.a; }
  __device__ __forceinline__ long long value() const { return a; }
};

// [fold_sum_squared_deviations]
// Count, mean and sum of squared distances from it, merged as Chan, Golub and LeVeque
// do; R is what it computes in.
template <class T, class R>
struct lz_fold_sum_squared_deviations {
  R n, mean, m2;
  __device__ __forceinline__ void init() { n = R(0), mean = R(0), m2 = R(0); }
  __device__ __forceinline__ void join(R count, R centre, R spread) {
    const R total = n + count, share = count / total, d = centre - mean;
    m2 = m2 + (spread + d * d * (n * share));
    mean = mean + d * share;
    n = total;
  }
  __device__ __forceinline__ void push(T x) { join(R(1), R(x), R(0)); }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    const R centre = lz_pairwise<N, lz_exact<R>>(x) * (R(1) / R(N));
    R spread = R(0);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const R d = R(x[k]) - centre;
      spread = spread + d * d;
    }
    join(R(N), centre, spread);
  }
  __device__ __forceinline__ void merge(const lz_fold_sum_squared_deviations& o) {
    if (o.n > R(0)) join(o.n, o.mean, o.m2);
  }
  __device__ __forceinline__ T value() const { return T(m2); }
};
// [complex_deviations]
// Real and imaginary parts spread independently.
template <class T, class R>
struct lz_complex_deviations {
  lz_fold_sum_squared_deviations<R, R> re, im;
  __device__ __forceinline__ void init() { re.init(), im.init(); }
  __device__ __forceinline__ void push(T x) { re.push(x.re), im.push(x.im); }
  template <int N>
  __device__ __forceinline__ void tile(const T* x) {
    R a[N], b[N];
#pragma unroll
    for (int k = 0; k < N; ++k) a[k] = x[k].re, b[k] = x[k].im;
    re.template tile<N>(a), im.template tile<N>(b);
  }
  __device__ __forceinline__ void merge(const lz_complex_deviations& o) {
    re.merge(o.re), im.merge(o.im);
  }
  __device__ __forceinline__ R value() const { return re.value() + im.value(); }
};

// [words]
template <class S>
struct lz_words {
  unsigned word[sizeof(S) / 4];
};

// [down first]
// The state of the thread `delta` further on, or of the first one, of `width` threads.
template <class S>
__device__ __forceinline__ S lz_down(const S& s, int delta, int width) {
  lz_words<S> w;
  memcpy(&w, &s, sizeof(S));
#pragma unroll
  for (int k = 0; k < (int)(sizeof(S) / 4); ++k)
    w.word[k] = __shfl_down_sync(0xffffffffu, w.word[k], delta, width);
  S r;
  memcpy(&r, &w, sizeof(S));
  return r;
}
template <class S>
__device__ __forceinline__ S lz_first(const S& s, int width) {
  lz_words<S> w;
  memcpy(&w, &s, sizeof(S));
#pragma unroll
  for (int k = 0; k < (int)(sizeof(S) / 4); ++k)
    w.word[k] = __shfl_sync(0xffffffffu, w.word[k], 0, width);
  S r;
  memcpy(&r, &w, sizeof(S));
  return r;
}

// [fetch]
// Another block's state: volatile, so that it comes from beyond this processor's cache.
template <class S>
__device__ __forceinline__ S lz_fetch(const S* p) {
  lz_words<S> w;
  const volatile unsigned* from = reinterpret_cast<const volatile unsigned*>(p);
#pragma unroll
  for (int k = 0; k < (int)(sizeof(S) / 4); ++k) w.word[k] = from[k];
  S r;
  memcpy(&r, &w, sizeof(S));
  return r;
}

// [across_warp]
template <class S>
__device__ __forceinline__ S lz_across_warp(S s, int width) {
  for (int d = width / 2; d > 0; d /= 2) s.merge(lz_down(s, d, width));
  return s;
}

// [across_row]
// The state of all threads with one threadIdx.y; every one of them gets it.
template <class S>
__device__ __forceinline__ S lz_across_row(S s, S* shared) {
  const int width = blockDim.x < 32 ? blockDim.x : 32;
  s = lz_across_warp(s, width);
  if (blockDim.x > 32) {
    const int warps = blockDim.x / 32, lane = threadIdx.x % 32;
    S* mine = shared + threadIdx.y * warps;
    if (lane == 0) mine[threadIdx.x / 32] = s;
    __syncthreads();
    s.init();
    if (lane < warps) s = mine[lane];
    s = lz_across_warp(s, 32);
    __syncthreads();  // `shared` may be written again
  }
  return lz_first(s, width);
}

// [across_columns]
// The state of all threads with one threadIdx.x; those with threadIdx.y == 0 get it.
template <int V, class S>
__device__ __forceinline__ void lz_across_columns(S* s, S* shared) {
  S* mine = shared + threadIdx.y * blockDim.x + threadIdx.x;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    *mine = s[k];
    __syncthreads();
    for (int d = blockDim.y / 2; d > 0; d /= 2) {
      if (threadIdx.y < d) {
        s[k].merge(mine[d * blockDim.x]);
        *mine = s[k];
      }
      __syncthreads();
    }
  }
}

// [is_last]
// Whether this is the last of `parts` blocks to come here; the counter is zero again
// afterwards, ready for the next launch.
__device__ __forceinline__ bool lz_is_last(unsigned* ticket, unsigned parts) {
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0)
    last = atomicInc(ticket, parts - 1) == parts - 1;
  __syncthreads();
  if (last) __threadfence();
  return last;
}
