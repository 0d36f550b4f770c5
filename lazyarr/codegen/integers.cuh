// Integer arithmetic with NumPy's meaning; see preamble.cuh for what a section is.

// [wrap_add wrap_subtract wrap_multiply wrap_negative wrap_abs]
template <class T>
__device__ __forceinline__ T lz_wrap_add(T a, T b) {
  return (T)(lz_raw(a) + lz_raw(b));
}
template <class T>
__device__ __forceinline__ T lz_wrap_subtract(T a, T b) {
  return (T)(lz_raw(a) - lz_raw(b));
}
template <class T>
__device__ __forceinline__ T lz_wrap_multiply(T a, T b) {
  return (T)(lz_raw(a) * lz_raw(b));
}
template <class T>
__device__ __forceinline__ T lz_wrap_negative(T a) {
  return (T)(0 - lz_raw(a));
}
template <class T>
__device__ __forceinline__ T lz_wrap_abs(T a) {
  return a < 0 ? (T)(0 - lz_raw(a)) : a;
}

// [int_floor_divide int_remainder int_fmod]
// Division by zero gives 0; the smallest integer over -1 wraps to itself.
template <class T>
__device__ __forceinline__ T lz_int_floor_divide(T a, T b) {
  if (b == 0) return 0;
  if constexpr ((T)-1 < (T)0)
    if (b == (T)-1) return (T)(0 - lz_raw(a));
  const T q = (T)(a / b);
  return (a % b != 0 && (a < 0) != (b < 0)) ? (T)(q - 1) : q;
}
template <class T>
__device__ __forceinline__ T lz_int_remainder(T a, T b) {
  if (b == 0 || b == (T)-1) return b == 0 || (T)-1 < (T)0 ? (T)0 : (T)(a % b);
  const T r = (T)(a % b);
  return (r != 0 && (r < 0) != (b < 0)) ? (T)(r + b) : r;
}
template <class T>
__device__ __forceinline__ T lz_int_fmod(T a, T b) {
  if (b == 0 || b == (T)-1) return b == 0 || (T)-1 < (T)0 ? (T)0 : (T)(a % b);
  return (T)(a % b);
}

// [shift_left shift_right]
// A shift by the width or more, or by a negative number, moves every bit out.
template <class T>
__device__ __forceinline__ T lz_shift_left(T a, T b) {
  return lz_raw(b) < sizeof(T) * 8 ? (T)(lz_raw(a) << lz_raw(b)) : (T)0;
}
template <class T>
__device__ __forceinline__ T lz_shift_right(T a, T b) {
  if (lz_raw(b) < sizeof(T) * 8) return (T)(a >> b);
  return a < 0 ? (T)-1 : (T)0;
}

// [magnitude]
template <class T>
__device__ __forceinline__ auto lz_magnitude(T a) {
  return a < 0 ? 0 - lz_raw(a) : lz_raw(a);
}

// [bitwise_count]
template <class T>
__device__ __forceinline__ unsigned char lz_bitwise_count(T a) {
  const unsigned long long bits = lz_magnitude(a);
#ifdef __CUDA_ARCH__
  return (unsigned char)__popcll(bits);
#else
  return (unsigned char)__builtin_popcountll(bits);
#endif
}

// [gcd lcm]
template <class U>
__device__ __forceinline__ U lz_euclid(U a, U b) {
  while (a != 0) {
    const U c = a;
    a = b % a;
    b = c;
  }
  return b;
}
template <class T>
__device__ __forceinline__ T lz_gcd(T a, T b) {
  return (T)lz_euclid(lz_magnitude(a), lz_magnitude(b));
}
template <class T>
__device__ __forceinline__ T lz_lcm(T a, T b) {
  const auto x = lz_magnitude(a), y = lz_magnitude(b);
  const auto g = lz_euclid(x, y);
  return g == 0 ? (T)0 : (T)(x / g * y);
}

// [int_pow]
// NumPy refuses negative exponents before it computes; here they truncate 1 / a**-b.
template <class T>
__device__ __forceinline__ T lz_int_pow(T a, T b) {
  if (b < 0) return a == 1 ? (T)1 : a == (T)-1 ? ((b & 1) ? (T)-1 : (T)1) : (T)0;
  auto base = lz_raw(a), power = lz_raw(b), result = lz_raw((T)1);
  while (power != 0) {
    if (power & 1) result *= base;
    base *= base;
    power >>= 1;
  }
  return (T)result;
}

// [int_reciprocal]
template <class T>
__device__ __forceinline__ T lz_int_reciprocal(T a) {
  return lz_cast<T>(1.0 / (double)a);
}
