namespace Aria.Engine.Models.Gguf;

/// <summary>How ternary tensors are stored.</summary>
public enum TernaryFormat
{
    /// <summary>I2_S, bitnet.cpp's: two bits a weight and one scale a tensor: that of the official files.</summary>
    I2S,

    /// <summary>TQ2_0, ggml's: blocks of 256 with an f16 scale each.</summary>
    TQ2,
}

/// <summary>What follows from it.</summary>
internal static class TernaryFormats
{
    /// <summary>Of the tensors.</summary>
    public static TensorType Type(this TernaryFormat format) => format == TernaryFormat.I2S ? TensorType.I2_S : TensorType.TQ2_0;

    /// <summary><c>general.file_type</c>.</summary>
    public static uint FileType(this TernaryFormat format) => format == TernaryFormat.I2S ? 40u : 37u;
}
