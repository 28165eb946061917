namespace Aria.Engine.Models.Gguf;

/// <summary>The tensor types that this engine reads, by their ids in a file.</summary>
internal enum TensorType
{
    F32 = 0,
    F16 = 1,
    Q8_0 = 8,
    Q6_K = 14,
    BF16 = 30,
    TQ1_0 = 34,
    TQ2_0 = 35,
    I2_S = 36,
}

/// <summary>Sizes of the tensor types, and the names of those that are refused.</summary>
internal static class TensorTypes
{
    private const int I2SScaleBytes = 32;       // one f32 and 28 bytes of padding behind the codes

    // What other writers mean by an id. 36 to 39 were or are something else upstream, so they are only ever named with both meanings.
    private static readonly Dictionary<uint, string> Refused = new()
    {
        [2] = "Q4_0", [3] = "Q4_1", [6] = "Q5_0", [7] = "Q5_1", [9] = "Q8_1", [10] = "Q2_K", [11] = "Q3_K", [12] = "Q4_K", [13] = "Q5_K", [15] = "Q8_K",
        [16] = "IQ2_XXS", [17] = "IQ2_XS", [18] = "IQ3_XXS", [19] = "IQ1_S", [20] = "IQ4_NL", [21] = "IQ3_S", [22] = "IQ2_S", [23] = "IQ4_XS",
        [24] = "I8", [25] = "I16", [26] = "I32", [27] = "I64", [28] = "F64", [29] = "IQ1_M",
        [37] = "I8_S of bitnet.cpp or IQ4_NL_4_8 of ggml", [38] = "TL1 of bitnet.cpp or IQ4_NL_8_8 of ggml", [39] = "TL2 of bitnet.cpp or MXFP4 of ggml",
        [40] = "NVFP4", [41] = "Q1_0", [42] = "Q2_0", [134] = "IQ1_BN", [135] = "IQ2_BN", [136] = "Q8_K64", [147] = "Q8_K16", [335] = "IQ2_BN_R4",
    };

    /// <summary>The type with that id.</summary>
    /// <exception cref="ModelFormatException">A type that is not read here; named where it has a name.</exception>
    public static TensorType Of(uint id, string tensor)
    {
        TensorType type = (TensorType)id;
        if (Enum.IsDefined(type))
        {
            return type;
        }

        string name = Refused.TryGetValue(id, out string? known) ? known : "unknown";
        throw new ModelFormatException(
            $"Tensor '{tensor}' has type {id} ({name}); this engine reads F32, F16, BF16, Q8_0, Q6_K, TQ1_0, TQ2_0 and I2_S (36).");
    }

    /// <summary>Elements that a row must be a multiple of.</summary>
    public static int BlockElements(this TensorType type) => type switch
    {
        TensorType.Q8_0 => 32,
        TensorType.Q6_K or TensorType.TQ1_0 or TensorType.TQ2_0 => 256,
        TensorType.I2_S => 4,
        _ => 1,
    };

    /// <summary>Bytes of a tensor with that many elements, a multiple of <see cref="BlockElements"/>.</summary>
    public static long Bytes(this TensorType type, long elements) => type switch
    {
        TensorType.F32 => checked(4 * elements),
        TensorType.F16 or TensorType.BF16 => checked(2 * elements),
        TensorType.Q8_0 => checked(elements / 32 * 34),
        TensorType.Q6_K => checked(elements / 256 * 210),
        TensorType.TQ1_0 => checked(elements / 256 * 54),
        TensorType.TQ2_0 => checked(elements / 256 * 66),
        _ => checked((elements / 4) + I2SScaleBytes),
    };

    /// <summary>Whether its elements are −1, 0 and +1 times a scale.</summary>
    public static bool IsTernary(this TensorType type) => type is TensorType.I2_S or TensorType.TQ1_0 or TensorType.TQ2_0;
}
