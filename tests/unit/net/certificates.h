#pragma once
// A certificate for "localhost" and 127.0.0.1, its key, and the authority that signed it. For tests
// only: the key is public by being here. Made with `openssl req`; they expire after a century.

namespace penstock::net {

// clang-format off
inline constexpr char kAuthority[] = R"(-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUE2asLNMFUFry0gfejVxc0F104yswCgYIKoZIzj0EAwIw
IjEgMB4GA1UEAwwXcGVuc3RvY2sgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIzMjMw
MzM5WhgPMjEyNjEwMzAyMzAzMzlaMCIxIDAeBgNVBAMMF3BlbnN0b2NrIHRlc3Qg
YXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENll1wYZjA+e9v1hF
GBt0BU7rdrfQkrZTBdYGPg9I/PTvB3owWNnVQqsyd1tZMNIa0jkHgZuKnBvotgvs
cafon6NTMFEwHQYDVR0OBBYEFOHTiMjfoqmlruvW38vIkEUVtrflMB8GA1UdIwQY
MBaAFOHTiMjfoqmlruvW38vIkEUVtrflMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSAAwRQIgZ5ySGXqruTJPdai3FQti+njrKU1D2FvNCVjxHl1m11cCIQCp
oUsXWjyJrS1tbyAzwVHkX7DjdwAI2JaK7lBIwvB3+w==
-----END CERTIFICATE-----
)";

inline constexpr char kServerCertificate[] = R"(-----BEGIN CERTIFICATE-----
MIIBpDCCAUmgAwIBAgIUcyT5BqRfNKRUBRej5RABJkUCbt0wCgYIKoZIzj0EAwIw
IjEgMB4GA1UEAwwXcGVuc3RvY2sgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIzMjMw
MzM5WhgPMjEyNjEwMzAyMzAzMzlaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABEBvwdnkAH+GteAiD4SG/cDKj4n1+m9RKYm+
ZRMeKx64QNKvr4ZFu3I3jkbwREd6b+KkKimG2M/Ke5ZVadaj1gajaTBnMBoGA1Ud
EQQTMBGCCWxvY2FsaG9zdIcEfwAAATAJBgNVHRMEAjAAMB0GA1UdDgQWBBQ/klou
wqLZST4e9XrFr6ldxRSUvjAfBgNVHSMEGDAWgBTh04jI36Kppa7r1t/LyJBFFba3
5TAKBggqhkjOPQQDAgNJADBGAiEAnhsXbCfFbjZwObvaRWwCzxUdiUoP4t4QmVTZ
xTH/BiMCIQCwakLEBaMckAu97kaG0oeNnsDNN9+XucSQlB7Q7p49qA==
-----END CERTIFICATE-----
)";

inline constexpr char kServerKey[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgilokKhgiWoeyNX/L
eeFn2MIpMroGVnUrRhYcquWT6cuhRANCAARAb8HZ5AB/hrXgIg+Ehv3Ayo+J9fpv
USmJvmUTHiseuEDSr6+GRbtyN45G8ERHem/ipCophtjPynuWVWnWo9YG
-----END PRIVATE KEY-----
)";
// clang-format on

}  // namespace penstock::net
