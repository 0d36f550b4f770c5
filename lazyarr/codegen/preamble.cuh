// Device functions with NumPy's meaning. A section begins with the names it defines,
// without the prefix lz_, and is put into a kernel only when one of them is used.
// Nothing is included: NVRTC knows the functions of math.h by itself.

// [raw]
// Signed overflow is undefined in C++ and wraps in NumPy: compute without a sign.
__device__ __forceinline__ unsigned lz_raw(bool a) { return a; }
__device__ __forceinline__ unsigned lz_raw(signed char a) { return (unsigned)a; }
__device__ __forceinline__ unsigned lz_raw(short a) { return (unsigned)a; }
__device__ __forceinline__ unsigned lz_raw(int a) { return (unsigned)a; }
__device__ __forceinline__ unsigned lz_raw(unsigned char a) { return a; }
__device__ __forceinline__ unsigned lz_raw(unsigned short a) { return a; }
__device__ __forceinline__ unsigned lz_raw(unsigned a) { return a; }
__device__ __forceinline__ unsigned long long lz_raw(long long a) {
  return (unsigned long long)a;
}
__device__ __forceinline__ unsigned long long lz_raw(unsigned long long a) { return a; }

// [half]
// float16 in memory; arithmetic happens in float and is rounded when it is stored.
struct lz_half {
  unsigned short bits;
  lz_half() = default;
#ifdef __CUDA_ARCH__
  __device__ __forceinline__ lz_half(float x) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  }
  __device__ __forceinline__ lz_half(double x) {
    asm("cvt.rn.f16.f64 %0, %1;" : "=h"(bits) : "d"(x));
  }
  __device__ __forceinline__ operator float() const {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
  }
#else
  lz_half(float x) {
    const _Float16 h = (_Float16)x;
    __builtin_memcpy(&bits, &h, 2);
  }
  lz_half(double x) {
    const _Float16 h = (_Float16)x;
    __builtin_memcpy(&bits, &h, 2);
  }
  operator float() const {
    _Float16 h;
    __builtin_memcpy(&h, &bits, 2);
    return (float)h;
  }
#endif
  // NumPy goes from integers to float16 by way of float.
  template <class I>
  __device__ __forceinline__ explicit lz_half(I x) : lz_half((float)x) {}
};

// [cast caster int32 int64 from_float]
// Floats become integers as C does it on x86-64, which NumPy shows: what does not fit
// gives the smallest integer; 8 and 16 bits are cut from 32, unsigned 32 from 64.
template <class F>
__device__ __forceinline__ int lz_int32(F x) {
  return x > F(-2147483649.0) && x < F(2147483648.0) ? (int)x : -2147483647 - 1;
}
template <class F>
__device__ __forceinline__ long long lz_int64(F x) {
  return x >= F(-9223372036854775808.0) && x < F(9223372036854775808.0)
             ? (long long)x
             : -9223372036854775807LL - 1;
}
template <class To, class F>
__device__ __forceinline__ To lz_from_float(F x) {
  const bool has_sign = (To)-1 < (To)0;
  if constexpr (sizeof(To) < 4 || (sizeof(To) == 4 && has_sign)) return (To)lz_int32(x);
  if constexpr (sizeof(To) == 4 || has_sign) return (To)lz_int64(x);
  const F half = F(9223372036854775808.0);
  const unsigned long long top = 1ULL << 63;
  return x >= half ? (To)((unsigned long long)lz_int64(x - half) ^ top)
                   : (To)lz_int64(x);
}
template <class To, class From>
struct lz_caster {
  static __device__ __forceinline__ To of(From x) { return (To)x; }
};
template <class From>
struct lz_caster<bool, From> {
  static __device__ __forceinline__ bool of(From x) { return x != From(0); }
};
#define LZ_FROM_FLOAT(To)                                                         \
  template <>                                                                     \
  struct lz_caster<To, float> {                                                   \
    static __device__ __forceinline__ To of(float x) {                            \
      return lz_from_float<To>(x);                                                \
    }                                                                             \
  };                                                                              \
  template <>                                                                     \
  struct lz_caster<To, double> {                                                  \
    static __device__ __forceinline__ To of(double x) {                           \
      return lz_from_float<To>(x);                                                \
    }                                                                             \
  };
LZ_FROM_FLOAT(signed char)
LZ_FROM_FLOAT(unsigned char)
LZ_FROM_FLOAT(short)
LZ_FROM_FLOAT(unsigned short)
LZ_FROM_FLOAT(int)
LZ_FROM_FLOAT(unsigned)
LZ_FROM_FLOAT(long long)
LZ_FROM_FLOAT(unsigned long long)
template <class To>
struct lz_caster<To, lz_half> {
  static __device__ __forceinline__ To of(lz_half x) {
    return lz_caster<To, float>::of(x);
  }
};
template <>
struct lz_caster<bool, lz_half> {
  static __device__ __forceinline__ bool of(lz_half x) { return (float)x != 0.0f; }
};
template <class To, class From>
__device__ __forceinline__ To lz_cast(From x) {
  return lz_caster<To, From>::of(x);
}

// [floor_divide]
// As the standard has it: with exactly one infinite operand, the plain quotient.
template <class T>
__device__ __forceinline__ T lz_floored_quotient(T a, T b) {
  const bool wide_a = a - a != T(0) && a == a, wide_b = b - b != T(0) && b == b;
  if (b == T(0) || (wide_a != wide_b && a == a && b == b)) return a / b;
  const T mod = fmod(a, b);
  T div = (a - mod) / b;
  if (mod != T(0) && (b < T(0)) != (mod < T(0))) div -= T(1);
  if (div == T(0)) return copysign(T(0), a / b);
  const T whole = floor(div);
  return div - whole > T(0.5) ? whole + T(1) : whole;
}
__device__ __forceinline__ float lz_floor_divide(float a, float b) {
  return lz_floored_quotient(a, b);
}
__device__ __forceinline__ double lz_floor_divide(double a, double b) {
  return lz_floored_quotient(a, b);
}

// [remainder]
template <class T>
__device__ __forceinline__ T lz_floored_remainder(T a, T b) {
  const T mod = fmod(a, b);
  if (b == T(0)) return mod;
  if (mod == T(0)) return copysign(T(0), b);
  return (b < T(0)) != (mod < T(0)) ? mod + b : mod;
}
__device__ __forceinline__ float lz_remainder(float a, float b) {
  return lz_floored_remainder(a, b);
}
__device__ __forceinline__ double lz_remainder(double a, double b) {
  return lz_floored_remainder(a, b);
}

// [less less_equal greater greater_equal equal not_equal]
// Operands of one type, or a signed and an unsigned integer of 64 bits.
template <class T>
__device__ __forceinline__ bool lz_less(T a, T b) {
  return a < b;
}
__device__ __forceinline__ bool lz_less(long long a, unsigned long long b) {
  return a < 0 || (unsigned long long)a < b;
}
__device__ __forceinline__ bool lz_less(unsigned long long a, long long b) {
  return b > 0 && a < (unsigned long long)b;
}
template <class T>
__device__ __forceinline__ bool lz_less_equal(T a, T b) {
  return a <= b;
}
__device__ __forceinline__ bool lz_less_equal(long long a, unsigned long long b) {
  return !lz_less(b, a);
}
__device__ __forceinline__ bool lz_less_equal(unsigned long long a, long long b) {
  return !lz_less(b, a);
}
template <class A, class B>
__device__ __forceinline__ bool lz_greater(A a, B b) {
  return lz_less(b, a);
}
template <class A, class B>
__device__ __forceinline__ bool lz_greater_equal(A a, B b) {
  return lz_less_equal(b, a);
}
template <class T>
__device__ __forceinline__ bool lz_equal(T a, T b) {
  return a == b;
}
__device__ __forceinline__ bool lz_equal(long long a, unsigned long long b) {
  return a >= 0 && (unsigned long long)a == b;
}
__device__ __forceinline__ bool lz_equal(unsigned long long a, long long b) {
  return lz_equal(b, a);
}
template <class A, class B>
__device__ __forceinline__ bool lz_not_equal(A a, B b) {
  return !lz_equal(a, b);
}

// [maximum minimum fmax fmin clip]
// The first NaN wins in maximum and minimum, a number in fmax and fmin.
template <class T>
__device__ __forceinline__ T lz_maximum(T a, T b) {
  return a >= b || a != a ? a : b;
}
template <class T>
__device__ __forceinline__ T lz_minimum(T a, T b) {
  return a <= b || a != a ? a : b;
}
template <class T>
__device__ __forceinline__ T lz_fmax(T a, T b) {
  return a >= b || b != b ? a : b;
}
template <class T>
__device__ __forceinline__ T lz_fmin(T a, T b) {
  return a <= b || b != b ? a : b;
}
template <class T>
__device__ __forceinline__ T lz_clip(T a, T low, T high) {
  if (a != a) return a;
  const T up = a > low ? a : low;
  return up != up || up < high ? up : high;
}

// [sign]
template <class T>
__device__ __forceinline__ T lz_sign(T a) {
  return a > T(0) ? T(1) : a < T(0) ? T(-1) : a == T(0) ? T(0) : a;
}

// [heaviside]
template <class T>
__device__ __forceinline__ T lz_heaviside(T a, T b) {
  return a != a ? a : a == T(0) ? b : a < T(0) ? T(0) : T(1);
}

// [nextafter]
__device__ __forceinline__ float lz_nextafter(float a, float b) {
  return nextafterf(a, b);
}
__device__ __forceinline__ double lz_nextafter(double a, double b) {
  return nextafter(a, b);
}
__device__ __forceinline__ lz_half lz_nextafter(lz_half a, lz_half b) {
  const float x = a, y = b;
  lz_half r = a;
  if (x != x || y != y) return lz_half(x + y);
  if (x == y) return a;
  if (x == 0.0f)
    r.bits = (unsigned short)((b.bits & 0x8000u) | 1u);
  else
    r.bits = (unsigned short)((x < y) == (x > 0.0f) ? a.bits + 1 : a.bits - 1);
  return r;
}

// [spacing]
// Away from zero, but of a half upwards, as NumPy's.
__device__ __forceinline__ float lz_spacing(float a) {
  const float most = 1.0f / 0.0f;
  return nextafterf(a, a < 0.0f ? -most : most) - a;
}
__device__ __forceinline__ double lz_spacing(double a) {
  const double most = 1.0 / 0.0;
  return nextafter(a, a < 0.0 ? -most : most) - a;
}
__device__ __forceinline__ lz_half lz_spacing(lz_half a) {
  const float x = a;
  lz_half next = a;
  if (x - x != 0.0f) return lz_half(x - x);
  if (x == 0.0f)
    next.bits = 1;
  else
    next.bits = (unsigned short)(x > 0.0f ? a.bits + 1 : a.bits - 1);
  return lz_half((float)next - x);
}

// [fraction mantissa exponent ldexp]
__device__ __forceinline__ float lz_fraction(float a) {
  return copysign(a == a && a - a != a - a ? 0.0f : a - trunc(a), a);
}
__device__ __forceinline__ double lz_fraction(double a) {
  return copysign(a == a && a - a != a - a ? 0.0 : a - trunc(a), a);
}
__device__ __forceinline__ float lz_mantissa(float a) {
  int n;
  return frexpf(a, &n);
}
__device__ __forceinline__ double lz_mantissa(double a) {
  int n;
  return frexp(a, &n);
}
// That of what is not finite is 0 in NumPy, and anything in CUDA.
__device__ __forceinline__ int lz_exponent(float a) {
  int n;
  frexpf(a, &n);
  return a - a == 0.0f ? n : 0;
}
__device__ __forceinline__ int lz_exponent(double a) {
  int n;
  frexp(a, &n);
  return a - a == 0.0 ? n : 0;
}
__device__ __forceinline__ int lz_within(long long n) {
  return n > 5000 ? 5000 : n < -5000 ? -5000 : (int)n;
}
__device__ __forceinline__ float lz_ldexp(float a, long long n) {
  return ldexpf(a, lz_within(n));
}
__device__ __forceinline__ double lz_ldexp(double a, long long n) {
  return ldexp(a, lz_within(n));
}

// [true]
template <class T>
__device__ __forceinline__ bool lz_true(T a) {
  return a != T(0);
}

// [isinf]
template <class T>
__device__ __forceinline__ bool lz_isinf(T a) {
  return a == a && a - a != a - a;
}

// [hypot]
// CUDA's double hypot overflows where its result is the largest number.
__device__ __forceinline__ float lz_hypot(float a, float b) { return hypot(a, b); }
__device__ __forceinline__ double lz_hypot(double a, double b) {
  const double r = hypot(a, b), x = fabs(a), y = fabs(b);
  if (!(r > 1.7976931348623157e308)) return r;
  return x * 1e-9 > y ? x : y * 1e-9 > x ? y : 2 * hypot(a * 0.5, b * 0.5);
}

// [real_log2 real_log10]
// CUDA's double logarithms take the smallest negative numbers for zero.
#define LZ_LOGARITHM(name)                                          \
  __device__ __forceinline__ float lz_real_##name(float a) {        \
    return name(a);                                                 \
  }                                                                 \
  __device__ __forceinline__ double lz_real_##name(double a) {      \
    return a < 0 ? (a - a) / (a - a) : name(a);                     \
  }
LZ_LOGARITHM(log2)
LZ_LOGARITHM(log10)

// [deg2rad rad2deg]
template <class T>
__device__ __forceinline__ T lz_deg2rad(T a) {
  return a * ((T)3.141592653589793238462643383279502884 / (T)180.0);
}
template <class T>
__device__ __forceinline__ T lz_rad2deg(T a) {
  return a * ((T)180.0 / (T)3.141592653589793238462643383279502884);
}
__device__ __forceinline__ float lz_deg2rad(lz_half a) { return lz_deg2rad((float)a); }
__device__ __forceinline__ float lz_rad2deg(lz_half a) { return lz_rad2deg((float)a); }

// [logaddexp logaddexp2]
template <class T>
__device__ __forceinline__ T lz_logaddexp_of(T a, T b) {
  if (a == b) return a + (T)0.693147180559945309417232121458176568;
  const T d = a - b;
  return d > T(0) ? a + log1p(exp(-d)) : d <= T(0) ? b + log1p(exp(d)) : d;
}
template <class T>
__device__ __forceinline__ T lz_logaddexp2_of(T a, T b) {
  const T log2e = (T)1.442695040888963407359924681001892137;
  if (a == b) return a + T(1);
  const T d = a - b;
  if (d > T(0)) return a + log2e * log1p(exp2(-d));
  return d <= T(0) ? b + log2e * log1p(exp2(d)) : d;
}
__device__ __forceinline__ float lz_logaddexp(float a, float b) {
  return lz_logaddexp_of(a, b);
}
__device__ __forceinline__ double lz_logaddexp(double a, double b) {
  return lz_logaddexp_of(a, b);
}
__device__ __forceinline__ float lz_logaddexp2(float a, float b) {
  return lz_logaddexp2_of(a, b);
}
__device__ __forceinline__ double lz_logaddexp2(double a, double b) {
  return lz_logaddexp2_of(a, b);
}
