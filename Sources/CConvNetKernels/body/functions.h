// The transcendental functions: exp, log, tanh, erf and what is made of them.
//
// Each reduces its argument to a short interval, evaluates a polynomial there and undoes the
// reduction. The coefficients are minimax fits (Lawson's iteration on Chebyshev nodes, in the
// relative error of the function) made for these files. Every operation is a separate IEEE
// addition, multiplication or division (no contraction to fused operations), so all instruction
// sets give the same bits. Bounds (ActivationTests checks them): exp 1.5 ulp,
// log 1.5 ulp, tanh 2 ulp, erf 2 ulp, sigmoid 3 ulp.

#pragma clang fp contract(off)

typedef uint32_t uvec __attribute__((ext_vector_type(CN_VL)));

CN_INLINE vec vec_from_bits(ivec bits) { return (vec)bits; }
CN_INLINE ivec bits_of(vec v) { return (ivec)v; }
CN_INLINE vec absolute(vec v) { return vec_from_bits(bits_of(v) & 0x7fffffff); }
CN_INLINE vec with_sign_of(vec magnitude, vec sign) {
  return vec_from_bits(bits_of(magnitude) | (bits_of(sign) & (int32_t)0x80000000));
}

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2.
typedef struct {
  vec r; // the remainder
  vec p; // (exp(r) - 1 - r) / r^2
  ivec n;
} exp_parts;

CN_INLINE exp_parts split_exp(vec x) {
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  const vec shifter = splat(12582912.0f);
  vec shifted = x * 1.44269504f + shifter;
  vec n = shifted - shifter;
  // ln 2 in two parts; the first has 9 bits, so n * it is exact.
  vec r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  vec p = splat(0.0013814558f);
  p = p * r + 0.00836873613f;
  p = p * r + 0.041668389f;
  p = p * r + 0.166665211f;
  p = p * r + 0.5f;
  return (exp_parts){r, p, bits_of(shifted) - bits_of(shifter)};
}

CN_INLINE vec vec_exp(vec x) {
  // Outside of these bounds the result is 0 or infinity anyway; NaN passes both.
  vec bounded = at_most(at_least(x, splat(-105.0f)), splat(90.0f));
  exp_parts e = split_exp(bounded);
  vec y = (e.p * (e.r * e.r) + e.r) + 1.0f;
  // 2^n in two factors: n reaches -151 (results below the normal range) and 130.
  ivec half = e.n >> 1;
  vec first = vec_from_bits((half + 127) << 23);
  vec second = vec_from_bits((e.n - half + 127) << 23);
  return (y * first) * second;
}

// exp(x) - 1 for x <= 0, without losing digits near 0.
CN_INLINE vec vec_expm1_nonpositive(vec x) {
  vec bounded = at_least(x, splat(-80.0f));
  exp_parts e = split_exp(bounded);
  vec power = vec_from_bits((e.n + 127) << 23);
  return power * (e.p * (e.r * e.r) + e.r) + (power - 1.0f);
}

// log(x): x = m 2^e with m in [sqrt(1/2), sqrt(2)), f = m - 1. Numbers below the normal range are
// brought into it first.
CN_INLINE vec vec_log(vec x) {
  const int32_t root_half = 0x3f3504f3;
  ivec is_small = x < 0x1p-126f;
  vec normal = is_small ? x * 0x1p23f : x;
  ivec offset = (ivec)((uvec)normal - (uvec)root_half);
  ivec exponent = (offset >> 23) - (is_small & 23);
  vec m = vec_from_bits((offset & 0x007fffff) + root_half);
  vec e = __builtin_convertvector(exponent, vec);
  vec f = m - 1.0f;
  vec q = splat(0.0674830824f);
  q = q * f + -0.116778769f;
  q = q * f + 0.118886456f;
  q = q * f + -0.124052793f;
  q = q * f + 0.14219451f;
  q = q * f + -0.166680083f;
  q = q * f + 0.200021237f;
  q = q * f + -0.250000089f;
  q = q * f + 0.333333135f;
  vec square = f * f;
  vec y = q * (f * square) + e * -2.12194440e-4f;
  y = (y - 0.5f * square) + f;
  y = y + e * 0.693359375f;
  y = x == zero() ? splat(-__builtin_inff()) : y;
  y = x < zero() ? splat(__builtin_nanf("")) : y;
  // Infinity and NaN are their own logarithm.
  return ((x == __builtin_inff()) | (x != x)) ? x : y;
}

// log(1 + x) for x >= 0: the rounding of 1 + x is put back to first order.
CN_INLINE vec vec_log1p_nonnegative(vec x) {
  vec u = x + 1.0f;
  vec y = vec_log(u) + (x - (u - 1.0f)) / u;
  return ((u == __builtin_inff()) | (u != u)) ? u : y;
}

CN_INLINE vec vec_sigmoid(vec x) { return 1.0f / (1.0f + vec_exp(-x)); }

CN_INLINE vec vec_tanh(vec x) {
  vec t = absolute(x);
  vec large = 1.0f - 2.0f / (vec_exp(2.0f * t) + 1.0f);
  vec z = x * x;
  vec q = splat(0.00214275788f);
  q = q * z + -0.00817718171f;
  q = q * z + 0.0217006188f;
  q = q * z + -0.0539467484f;
  q = q * z + 0.133332059f;
  q = q * z + -0.333333313f;
  vec small = x + x * (z * q);
  // NaN takes the polynomial, which keeps it.
  return t > 0.625f ? with_sign_of(large, x) : small;
}

// erf: an odd polynomial near 0, 1 - exp(polynomial) from 0.925 on.
CN_INLINE vec vec_erf(vec x) {
  vec t = absolute(x);
  vec bounded = at_most(t, splat(3.95f));
  vec g = splat(0.000194380103f);
  g = g * bounded + -0.00302810385f;
  g = g * bounded + 0.0221673734f;
  g = g * bounded + -0.103809617f;
  g = g * bounded + -0.637319326f;
  g = g * bounded + -1.12759542f;
  g = g * bounded + -0.000214808926f;
  vec large = 1.0f - vec_exp(g);
  vec z = x * x;
  vec q = splat(-0.0005951036f);
  q = q * z + 0.00498540746f;
  q = q * z + -0.0267613567f;
  q = q * z + 0.112816729f;
  q = q * z + -0.376124799f;
  q = q * z + 0.128379151f;
  vec small = x + x * q;
  return t > 0.925f ? with_sign_of(large, x) : small;
}

#pragma clang fp contract(on)
