// float64 functions without branches, so that a thread's elements are computed side by
// side and share every constant; and float32 functions of fewer instructions than CUDA's.
// Coefficients lie in constant memory: a literal of 64 bits takes two instructions.
// The tests measure how many units in the last place each may be off.

// [few_registers]
// A kernel that names this gets CUDA's float64 functions: one element after another.
#define LZ_FEW_REGISTERS

// [high low with_words]
__device__ __forceinline__ int lz_high(double x) { return __double2hiint(x); }
__device__ __forceinline__ int lz_low(double x) { return __double2loint(x); }
__device__ __forceinline__ double lz_with_words(int high, int low) {
  return __hiloint2double(high, low);
}

// [nearest]
// What makes the nearest integer of a small number appear in the low word of a sum.
#define lz_nearest 6755399441055744.0

// [power_of_two]
__device__ __forceinline__ double lz_power_of_two(int n) {
  return lz_with_words((n + 1023) << 20, 0);
}

// [reciprocal_near]
// 1 / d for a normal d, to the last place or two.
__device__ __forceinline__ double lz_reciprocal_near(double d) {
#ifdef __CUDA_ARCH__
  double r;
  asm("rcp.approx.ftz.f64 %0, %1;" : "=d"(r) : "d"(d));
#else
  double r = 1 / d;
  r = lz_with_words(lz_high(r) & ~1, 0);  // 20 bits: no more than a GPU's first guess
#endif
  const double e = fma(-d, r, 1.0);
  return fma(fma(e, e, e), r, r);
}
__device__ __forceinline__ float lz_reciprocal_near(float d) {
#ifdef __CUDA_ARCH__
  float r;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(d));
#else
  const float r = 1 / d;
#endif
  return fma(fma(-d, r, 1.0f), r, r);
}

// [far_quotient far_quotients]
template <class R>
__device__ __noinline__ R lz_far_quotient(R a, R b) {
  return a / b;
}
template <int N, class R>
__device__ __noinline__ lz_pack<R, N> lz_far_quotients(lz_pack<R, N> x, R b) {
#pragma unroll 1
  for (int k = 0; k < N; ++k) {
    const R q = lz_far_quotient(x.lane[0], b);
#pragma unroll
    for (int j = 1; j < N; ++j) x.lane[j - 1] = x.lane[j];
    x.lane[N - 1] = q;
  }
  return x;
}

// [size is_zero]
// What sizes of numbers are compared by; of a double, its high word.
__device__ __forceinline__ float lz_size(float x) { return fabs(x); }
__device__ __forceinline__ int lz_size(double x) { return lz_high(x) & 0x7fffffff; }
__device__ __forceinline__ bool lz_is_zero(float x) { return x == 0.0f; }
__device__ __forceinline__ bool lz_is_zero(double x) {
  return (lz_size(x) | lz_low(x)) == 0;
}

// [divisor over]
// What divides many numbers, with its reciprocal; and the sizes of those numbers whose
// quotients come out of it rounded once: nothing on the way is subnormal or infinite.
template <class R>
struct lz_divisor {
  typedef decltype(lz_size(R())) S;
  R b, y;
  S least, most;
  bool positive;
  __device__ __forceinline__ explicit lz_divisor(R d) : b(d), y(lz_far_quotient(R(1), d)) {
    const bool few = sizeof(R) == 4;
    const R size = fabs(d), far = R(few ? 0x1p124 : 0x1p1020);
    const R close = size * R(few ? 0x1p-124 : 0x1p-1020);
    const R exact = R(few ? 0x1p-100 : 0x1p-960);
    const bool good = size >= R(few ? 0x1p-120 : 0x1p-1000) &&
                      size <= R(few ? 0x1p120 : 0x1p1000);
    least = lz_size(!good ? R(1) : close > exact ? close : exact);
    most = lz_size(!good ? R(0) : size < R(1) ? size * far : far);
    positive = good && d > R(0);
  }
};
// The quotients of N numbers, in their place. The remainder of the first guess corrects
// it, with the sign that leaves zeros over a positive number theirs.
template <int N, class R>
__device__ __forceinline__ void lz_over(R* x, const lz_divisor<R>& d) {
  bool near = true;
#pragma unroll
  for (int k = 0; k < N; ++k) {
    const auto size = lz_size(x[k]);
    near &= ((size >= d.least) | (lz_is_zero(x[k]) & d.positive)) & (size <= d.most);
  }
  if (near) {
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const R q = x[k] * d.y;
      x[k] = fma(-fma(d.b, q, -x[k]), d.y, q);
    }
  } else {
    lz_pack<R, N> p;
#pragma unroll
    for (int k = 0; k < N; ++k) p.lane[k] = x[k];
    p = lz_far_quotients<N>(p, d.b);
#pragma unroll
    for (int k = 0; k < N; ++k) x[k] = p.lane[k];
  }
}

// [cap]
// The smaller of a number and a limit; NaN stays.
__device__ __forceinline__ float lz_cap(float x, float most) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  float r;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(r) : "f"(x), "f"(most));
  return r;
#else
  return x > most ? most : x;
#endif
}

// [exp_tail]
// (exp(r) - 1 - r) / r**2 for |r| <= log(2) / 2.
__constant__ double lz_exp_terms[10] = {
    2.5068335225645773e-08, 2.762009552391169e-07,  2.755735516526831e-06,
    2.480152129414731e-05,  0.00019841269784870972, 0.0013888888917203707,
    0.008333333333356167,   0.04166666666662418,    0.16666666666666644,
    0.5};
__device__ __forceinline__ double lz_exp_tail(double r) {
  double p = lz_exp_terms[0];
#pragma unroll
  for (int k = 1; k < 10; ++k) p = fma(p, r, lz_exp_terms[k]);
  return p;
}

// [log_two]
__constant__ double lz_log_two[2] = {0.6931471805599453, 2.3190468138462996e-17};

// [real_exp]
__device__ __forceinline__ float lz_real_exp(float x) { return exp(x); }
__device__ __forceinline__ double lz_real_exp(double x) {
#ifdef LZ_FEW_REGISTERS
  return exp(x);
#else
  const double t = fma(x, 1.4426950408889634, lz_nearest), n = t - lz_nearest;
  const double r = fma(n, -lz_log_two[1], fma(n, -lz_log_two[0], x));
  double p = fma(fma(lz_exp_tail(r), r, 1.0), r, 1.0);
  // In two steps: the power may be smaller than any normal number.
  const int k = lz_low(t), half = k >> 1;
  p = lz_with_words(lz_high(p) + (half << 20), lz_low(p)) * lz_power_of_two(k - half);
  const int high = lz_high(x), size = high & 0x7fffffff, low = lz_low(x);
  const bool lost = size >= 0x40875000;  // |x| >= 746, infinite or NaN
  const bool nan = size > 0x7ff00000 || (size == 0x7ff00000 && low != 0);
  const int end = nan ? high | 0x80000 : high < 0 ? 0 : 0x7ff00000;
  return lz_with_words(lost ? end : lz_high(p), lost ? 0 : lz_low(p));
#endif
}

// [log_terms]
// (log((1 + s) / (1 - s)) - 2 * s) / s**3 over s**2, for |s| <= 0.1716.
__constant__ double lz_log_terms[7] = {
    0.14618188633125043, 0.15331577700742055, 0.18182893569811395, 0.22222211071869724,
    0.28571428626375533, 0.39999999999898583, 0.666666666666667};

// [log_of]
// log(1 + f) + k * log(2) for 1 + f between sqrt(1/2) and sqrt(2).
__device__ __forceinline__ double lz_log_of(double f, int k) {
  const double s = f * lz_reciprocal_near(f + 2.0), z = s * s;
  double p = lz_log_terms[0];
#pragma unroll
  for (int j = 1; j < 7; ++j) p = fma(p, z, lz_log_terms[j]);
  const double half = 0.5 * f * f;
  // k as a double, exactly: below the point of a large one.
  const double n = lz_with_words(0x43300000, k ^ (int)0x80000000) - 4503601774854144.0;
  const double rest = fma(s, fma(z, p, half), n * lz_log_two[1]);
  return fma(n, lz_log_two[0], f - (half - rest));
}

// [log_ends]
// The logarithm r of x where x is positive and finite; what it is elsewhere.
__device__ __forceinline__ double lz_log_ends(double x, double r) {
  const int high = lz_high(x), low = lz_low(x), size = high & 0x7fffffff;
  const bool zero = (size | low) == 0;
  const bool nan = size > 0x7ff00000 || (size == 0x7ff00000 && low != 0);
  const bool lost = high < 0 || high >= 0x7ff00000 || zero;
  const int end = zero ? (int)0xfff00000 : high < 0 || nan ? 0x7ff80000 : 0x7ff00000;
  return lz_with_words(lost ? end : lz_high(r), lost ? 0 : lz_low(r));
}

// [real_log]
__device__ __forceinline__ float lz_real_log(float x) { return log(x); }
__device__ __forceinline__ double lz_real_log(double x) {
#ifdef LZ_FEW_REGISTERS
  return x < 0 ? (x - x) / (x - x) : log(x);
#else
  const bool small = lz_high(x) < 0x00100000;
  const double wide = x * 18014398509481984.0;  // 2**54: subnormals become normal
  const int high = small ? lz_high(wide) : lz_high(x);
  const int low = small ? lz_low(wide) : lz_low(x);
  const int above = high - 0x3fe6a09e;
  const double m = lz_with_words((above & 0xfffff) + 0x3fe6a09e, low);
  return lz_log_ends(x, lz_log_of(m - 1.0, (above >> 20) - (small ? 54 : 0)));
#endif
}

// [real_log1p]
__device__ __forceinline__ float lz_real_log1p(float x) { return log1p(x); }
__device__ __forceinline__ double lz_real_log1p(double x) {
#ifdef LZ_FEW_REGISTERS
  return log1p(x);
#else
  const double u = 1.0 + x, lost = x - (u - 1.0);
  const int above = lz_high(u) - 0x3fe6a09e, k = above >> 20;
  const double m = lz_with_words((above & 0xfffff) + 0x3fe6a09e, lz_low(u));
  // Past 2**1000 nothing was lost, and its scale might be no normal number.
  const double f = fma(lost, lz_power_of_two(k < 1000 ? -k : -1000), m - 1.0);
  const double r = lz_log_ends(u, lz_log_of(f, k));
  const bool same = (lz_high(x) & 0x7fffffff) < 0x3c900000;  // below 2**-54
  return lz_with_words(same ? lz_high(x) : lz_high(r), same ? lz_low(x) : lz_low(r));
#endif
}

// [sine_of]
// sin(r) for |r| <= pi / 2, times -1 to the power of `odd`.
__constant__ double lz_sine_terms[8] = {
    2.7310730032637786e-15, -7.643938590629481e-13, 1.6058976249940985e-10,
    -2.505210759933429e-08, 2.755731921901245e-06,  -0.00019841269841254362,
    0.008333333333333314,   -0.16666666666666666};
__device__ __forceinline__ double lz_sine_of(double r, int odd) {
  const double y = r * r;
  double p = lz_sine_terms[0];
#pragma unroll
  for (int k = 1; k < 8; ++k) p = fma(p, y, lz_sine_terms[k]);
  const double s = fma(y * r, p, r);
  const bool past = (lz_high(s) & 0x7fffffff) >= 0x3ff00000;  // never beyond 1
  return lz_with_words(lz_high(s) ^ (odd << 31), past ? 0 : lz_low(s));
}

// [half_turn]
__constant__ double lz_half_turn[3] = {3.141592653589793, 1.2246467991473532e-16,
                                       -2.9947698097183397e-33};

// [far_sin far_cos]
// One copy for all elements: these are long, and rare.
__device__ __noinline__ double lz_far_sin(double x) { return sin(x); }
__device__ __noinline__ double lz_far_cos(double x) { return cos(x); }

// [real_sin]
__device__ __forceinline__ float lz_real_sin(float x) { return sin(x); }
__device__ __forceinline__ double lz_real_sin(double x) {
#ifdef LZ_FEW_REGISTERS
  return sin(x);
#else
  const double size = fabs(x);
  const double t = fma(size, 0.3183098861837907, lz_nearest), n = t - lz_nearest;
  double r = fma(n, -lz_half_turn[1], fma(n, -lz_half_turn[0], size));
  r = fma(n, -lz_half_turn[2], r);
  r = lz_sine_of(r, lz_low(t));
  r = lz_with_words(lz_high(r) ^ (lz_high(x) & (int)0x80000000), lz_low(r));
  return (lz_high(x) & 0x7fffffff) < 0x40f86a00 ? r : lz_far_sin(x);  // 100,000
#endif
}

// [real_cos]
__device__ __forceinline__ float lz_real_cos(float x) { return cos(x); }
__device__ __forceinline__ double lz_real_cos(double x) {
#ifdef LZ_FEW_REGISTERS
  return cos(x);
#else
  // As the sine a quarter turn on: n counts half turns from there.
  const double size = fabs(x);
  const double t = fma(size, 0.3183098861837907, -0.5) + lz_nearest;
  const double n = (t - lz_nearest) + 0.5;
  double r = fma(n, -lz_half_turn[1], fma(n, -lz_half_turn[0], size));
  r = fma(n, -lz_half_turn[2], r);
  r = lz_sine_of(r, lz_low(t) + 1);
  return (lz_high(x) & 0x7fffffff) < 0x40f86a00 ? r : lz_far_cos(x);
#endif
}

// [real_tanh]
// float: a quotient of polynomials. double: (e - 1) / (e + 1) with e = exp(2 * x), from
// e - 1, which keeps its last places near zero.
__device__ __forceinline__ float lz_real_tanh(float x) {
  const float a = lz_cap(fabs(x), 9.5f), y = a * a;
  float p = 1.33992386641e-8f, q = 7.79632968334e-7f;
  p = fma(fma(fma(p, y, 2.06464870397e-5f), y, 3.49810095301e-3f), y, 0.133832273932f);
  q = fma(fma(fma(q, y, 3.28957264951e-4f), y, 2.58868035143e-2f), y, 0.467165487189f);
  p = fma(p, y, 1.0f), q = fma(q, y, 1.0f);
#ifdef __CUDA_ARCH__
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(q) : "f"(q));
#else
  q = 1 / q;
#endif
  return copysign(lz_cap(a * (p * q), 1.0f), x);
}
__device__ __forceinline__ double lz_real_tanh(double x) {
#ifdef LZ_FEW_REGISTERS
  return tanh(x);
#else
  double a = fabs(x);
  a = a > 22.0 ? 22.0 : a;
  const double t = fma(a, 2.8853900817779268, lz_nearest), n = t - lz_nearest;
  const double r = fma(n, -lz_log_two[1], fma(n, -lz_log_two[0], a + a));
  const double small = fma(r * r, lz_exp_tail(r), r);
  const double power = lz_power_of_two(lz_low(t));
  const double e = fma(small, power, power - 1.0), d = e + 2.0;
  const double c = lz_reciprocal_near(d), q = e * c;
  return copysign(fma(c, fma(-d, q, e), q), x);
#endif
}
