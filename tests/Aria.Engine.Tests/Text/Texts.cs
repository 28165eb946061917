using System.Text;
using CsCheck;

namespace Aria.Engine.Tests.Text;

/// <summary>Random texts, rich in what splits and merges.</summary>
internal static class Texts
{
    private static readonly Gen<string> Fragments = AnyOf(
        " ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "'", "'s", "'ll", "'re", "_", "-", "!", "...", "<|bos|>", "1", "42", "½", "the", "The", "Once upon",
        "é", "e\u0301", "нещо", "你好", "កាន់", "\u200d", "\u0085", "\0", "\uFFFD", "\uFEFF");

    private static readonly Gen<string> BasicPlaneChar = Gen.Int[0, 0xFFFF].Where(c => c is < 0xD800 or > 0xDFFF).Select(c => ((char)c).ToString());

    private static readonly Gen<string> AnyRune = Gen.Int[0x10000, 0x10FFFF].Select(c => new Rune(c).ToString());

    private static readonly Gen<string> Half = Gen.Int[0xD800, 0xDFFF].Select(c => ((char)c).ToString());

    public static readonly Gen<string> BasicPlane = Joined(Gen.Frequency((4, Fragments), (1, BasicPlaneChar)));

    /// <summary>Any text without lone surrogates.</summary>
    public static readonly Gen<string> Valid = Joined(Gen.Frequency((4, Fragments), (1, BasicPlaneChar), (1, AnyRune)));

    /// <summary>Any sequence of UTF-16 units.</summary>
    public static readonly Gen<string> AnyUtf16 = Joined(Gen.Frequency((4, Fragments), (1, BasicPlaneChar), (1, AnyRune), (1, Half)));

    public static Gen<string> AnyOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static Gen<string> Joined(Gen<string> parts) => parts.Array[0, 24].Select(string.Concat);
}
