package receivers_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// rfc8032 are the vectors of its section 7.1: seed, public key, message, signature.
var rfc8032 = [][4]string{
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	{"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
		"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		"dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
}

// TestEd25519InPython: its library has none, so the helper brings its own.
func TestEd25519InPython(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var rows [][3][]byte // public key, message, signature
	var want []bool
	add := func(ok bool, public, message, signature []byte) {
		rows, want = append(rows, [3][]byte{public, message, signature}), append(want, ok)
	}

	for _, v := range rfc8032 {
		key := ed25519.NewKeyFromSeed(unhex(t, v[0]))
		public, message, signature := unhex(t, v[1]), unhex(t, v[2]), unhex(t, v[3])
		if !bytes.Equal(key.Public().(ed25519.PublicKey), public) || !bytes.Equal(ed25519.Sign(key, message), signature) {
			t.Fatalf("the vector of message %q is copied wrongly", v[2])
		}
		add(true, public, message, signature)
		add(false, public, append(message, 0), signature)
		add(false, public, message, signature[:63])
		add(false, public, message, append(slices.Clone(signature), 0))
		add(false, public, message, plusL(signature)) // the same modulo the order of the group
	}

	// Whatever Go says of messages at random, and of one bit changed in key, message or signature.
	for range 150 {
		private := ed25519.NewKeyFromSeed(bytesOf(random, ed25519.SeedSize))
		public, message := []byte(private.Public().(ed25519.PublicKey)), bytesOf(random, 1+random.IntN(300))
		signature := ed25519.Sign(private, message)
		add(true, public, message, signature)
		parts := [][]byte{slices.Clone(public), slices.Clone(message), slices.Clone(signature)}
		part := parts[random.IntN(3)]
		part[random.IntN(len(part))] ^= 1 << random.IntN(8)
		add(ed25519.Verify(parts[0], parts[1], parts[2]), parts[0], parts[1], parts[2])
	}

	// The neutral element signs anything; what is tried here is how it is written.
	neutral := append([]byte{1}, make([]byte, 31)...)
	more := append([]byte{0xee}, bytes.Repeat([]byte{0xff}, 31)...) // y = p + 1
	more[31] = 0x7f
	signedZero := slices.Clone(neutral) // x = 0 with a sign
	signedZero[31] |= 0x80
	none, zero := []byte{}, make([]byte, 32)
	add(true, neutral, none, slices.Concat(neutral, zero))
	add(false, more, none, slices.Concat(neutral, zero))
	add(false, signedZero, none, slices.Concat(neutral, zero))
	add(false, neutral, none, slices.Concat(more, zero))
	add(false, neutral, none, slices.Concat(signedZero, zero))
	add(false, append([]byte{2}, make([]byte, 31)...), none, slices.Concat(neutral, zero)) // no point of the curve

	var got []bool
	drive(t, append(pythonDriver(t), "ed25519"), rows, &got)
	if len(got) != len(want) {
		t.Fatalf("%d answers to %d signatures", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("public key %x, message %x, signature %x: got %v, want %v", rows[i][0], rows[i][1], rows[i][2], got[i], want[i])
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bytesOf(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// plusL adds the order of the group to the second half of a signature.
func plusL(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	little := slices.Clone(signature[32:])
	slices.Reverse(little)
	sum := new(big.Int).Add(new(big.Int).SetBytes(little), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return slices.Concat(signature[:32], sum)
}
