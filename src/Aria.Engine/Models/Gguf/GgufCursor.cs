using System.Runtime.CompilerServices;
using System.Text;

namespace Aria.Engine.Models.Gguf;

/// <summary>Reads a GGUF head in order and never past its end; every count is held against what is left before anything is allocated for it.</summary>
internal unsafe ref struct GgufCursor(byte* data, long length)
{
    public const int MaxTextBytes = 1 << 20;
    public const int MaxArrayElements = 1 << 22;
    private const int MaxArrayDepth = 2;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public long Position { get; private set; }

    public readonly long Left => length - Position;

    public T Number<T>(string what)
        where T : unmanaged
    {
        if (Left < sizeof(T))
        {
            throw new ModelFormatException($"The file ends at byte {length}, inside {what} at byte {Position}.");
        }

        T value = Unsafe.ReadUnaligned<T>(data + Position);
        Position += sizeof(T);
        return value;
    }

    public string Text(string what)
    {
        ulong bytes = Number<ulong>($"the length of {what}");
        if (bytes > MaxTextBytes || bytes > (ulong)Left)
        {
            throw new ModelFormatException($"At byte {Position - 8}, {what} claims {bytes} bytes; {Left} are left and {MaxTextBytes} are allowed.");
        }

        try
        {
            string text = StrictUtf8.GetString(data + Position, (int)bytes);
            Position += (long)bytes;
            return text;
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException($"At byte {Position}, {what} is not UTF-8.", e);
        }
    }

    /// <summary>A metadata value: a boxed number, a boolean, a string, or an array of one of these (arrays of arrays once).</summary>
    public object Value(uint type, string key, int depth = 0) => type switch
    {
        0 => Number<byte>(key),
        1 => Number<sbyte>(key),
        2 => Number<ushort>(key),
        3 => Number<short>(key),
        4 => Number<uint>(key),
        5 => Number<int>(key),
        6 => Number<float>(key),
        7 => Boolean(key),
        8 => Text(key),
        9 when depth < MaxArrayDepth => Array(key, depth),
        9 => throw new ModelFormatException($"At byte {Position}, {key} nests arrays more than {MaxArrayDepth} deep."),
        10 => Number<ulong>(key),
        11 => Number<long>(key),
        12 => Number<double>(key),
        _ => throw new ModelFormatException($"At byte {Position}, {key} has the unknown value type {type}."),
    };

    private bool Boolean(string key)
    {
        byte value = Number<byte>(key);
        return value <= 1 ? value == 1 : throw new ModelFormatException($"At byte {Position - 1}, {key} is {value}, neither false (0) nor true (1).");
    }

    private Array Array(string key, int depth)
    {
        uint type = Number<uint>($"the element type of {key}");
        ulong count = Number<ulong>($"the element count of {key}");
        int smallest = type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 9 => 12, _ => 8 };
        if (count > MaxArrayElements || count > (ulong)(Left / smallest))
        {
            throw new ModelFormatException($"At byte {Position - 8}, {key} claims {count} elements; {Left} bytes are left and {MaxArrayElements} elements are allowed.");
        }

        int n = (int)count;
        return type switch
        {
            4 => Fill(new uint[n], key),
            5 => Fill(new int[n], key),
            6 => Fill(new float[n], key),
            8 => Texts(n, key),
            _ => Mixed(n, type, key, depth),
        };
    }

    private T[] Fill<T>(T[] array, string key)
        where T : unmanaged
    {
        for (int i = 0; i < array.Length; i++)
        {
            array[i] = Number<T>(key);
        }

        return array;
    }

    private string[] Texts(int count, string key)
    {
        string[] texts = new string[count];
        for (int i = 0; i < count; i++)
        {
            texts[i] = Text(key);
        }

        return texts;
    }

    private object[] Mixed(int count, uint type, string key, int depth)
    {
        object[] values = new object[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Value(type, key, depth + 1);
        }

        return values;
    }
}
