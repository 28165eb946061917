namespace Aria.Engine.Models.Import;

/// <summary>Element types of a safetensors file that an import can meet, by the names they have there.</summary>
internal enum SafetensorsType
{
    BOOL,
    U8,
    I8,
    U16,
    I16,
    F16,
    BF16,
    U32,
    I32,
    F32,
    U64,
    I64,
    F64,
}

/// <summary>Sizes.</summary>
internal static class SafetensorsTypes
{
    /// <summary>Bytes of an element.</summary>
    public static int Bytes(this SafetensorsType type) => type switch
    {
        SafetensorsType.BOOL or SafetensorsType.U8 or SafetensorsType.I8 => 1,
        SafetensorsType.U16 or SafetensorsType.I16 or SafetensorsType.F16 or SafetensorsType.BF16 => 2,
        SafetensorsType.U32 or SafetensorsType.I32 or SafetensorsType.F32 => 4,
        _ => 8,
    };
}
