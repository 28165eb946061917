using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Models;

/// <summary>
/// A matrix of −1, 0, +1 with one scale, whatever its layout in the file (specs/model.md §2). Codes are 0, 1, 2 for −1, 0, +1, row after row.
/// </summary>
internal sealed unsafe class TernaryTensor
{
    private const int I2SBlock = 128;               // elements in 32 bytes; byte j holds elements j, j+32, j+64, j+96 from the high bits down
    private const int I2SBlockBytes = 32;
    private const int TqBlock = 256;

    private readonly GgufTensor _tensor;

    /// <exception cref="ModelFormatException">A code 3, a scale that is no positive number, or blocks of different scale.</exception>
    public TernaryTensor(GgufTensor tensor)
    {
        _tensor = tensor;
        Scale = tensor.Type == TensorType.I2_S ? CheckI2S() : CommonScale();
        if (!float.IsFinite(Scale) || Scale < 0)
        {
            throw new ModelFormatException($"Tensor '{tensor.Name}' has the scale {Scale}.");
        }
    }

    public string Name => _tensor.Name;

    public TensorType Type => _tensor.Type;

    public int Rows => (int)_tensor.Rows;

    public int Columns => (int)_tensor.Columns;

    public float Scale { get; }

    /// <summary>Says that the matrix will not be read soon.</summary>
    public void Release() => _tensor.Release(0, _tensor.Bytes);

    /// <summary>The codes of one row, one to a byte.</summary>
    public void Row(int row, Span<byte> codes)
    {
        long first = (long)row * Columns;
        codes = codes[..Columns];
        if (_tensor.Type == TensorType.I2_S)
        {
            I2S(first, codes);
            return;
        }

        for (int start = 0; start < codes.Length; start += TqBlock)
        {
            TqBlockCodes((first + start) / TqBlock, codes.Slice(start, TqBlock));
        }
    }

    private void I2S(long first, Span<byte> codes)
    {
        Span<byte> block = stackalloc byte[I2SBlock];
        int whole = 0;
        if (first % I2SBlock == 0 && first + codes.Length <= _tensor.Elements)
        {
            whole = codes.Length / I2SBlock * I2SBlock;
            fixed (byte* to = codes)
            {
                I2SBlocks(_tensor.Data + (first / 4), whole / I2SBlock, to);
            }
        }

        for (int done = whole; done < codes.Length;)
        {
            int skip = (int)((first + done) % I2SBlock);
            int take = Math.Min(I2SBlock - skip, codes.Length - done);
            I2SBlockCodes((first + done) / I2SBlock, block);
            block.Slice(skip, take).CopyTo(codes[done..]);
            done += take;
        }
    }

    // Whole blocks, one after the other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void I2SBlocks(byte* packed, int blocks, byte* codes)
    {
        Vector256<byte> three = Vector256.Create((byte)3);
        for (int i = 0; i < blocks; i++, packed += I2SBlockBytes, codes += I2SBlock)
        {
            Vector256<byte> four = Vector256.Load(packed);
            (four >>> 6).Store(codes);
            ((four >>> 4) & three).Store(codes + 32);
            ((four >>> 2) & three).Store(codes + 64);
            (four & three).Store(codes + 96);
        }
    }

    // The last block of a tensor may be shorter than 128; its missing bytes read as zero and are never asked for.
    private void I2SBlockCodes(long index, Span<byte> codes)
    {
        long start = index * I2SBlockBytes;
        long left = (_tensor.Elements / 4) - start;
        byte* packed = _tensor.Data + start;
        byte* tail = stackalloc byte[I2SBlockBytes];
        if (left < I2SBlockBytes)
        {
            Span<byte> padded = new(tail, I2SBlockBytes);
            padded.Clear();
            _tensor.Slice(start, (int)left).CopyTo(padded);
            packed = tail;
        }

        fixed (byte* to = codes)
        {
            I2SBlocks(packed, 1, to);
        }
    }

    private float CheckI2S()
    {
        if (_tensor.Elements % I2SBlock != 0)
        {
            throw new ModelFormatException($"Tensor '{Name}' has {_tensor.Elements} elements; I2_S takes multiples of {I2SBlock}.");
        }

        long bytes = _tensor.Elements / 4;
        Vector256<byte> low = Vector256.Create((byte)0x55);
        for (long i = 0; i < bytes; i += I2SBlockBytes)
        {
            Vector256<byte> packed = Vector256.Load(_tensor.Data + i);
            if ((packed & (packed >>> 1) & low) != Vector256<byte>.Zero)
            {
                throw new ModelFormatException($"Tensor '{Name}' holds the unused code 3 in the block at its byte {i}.");
            }
        }

        float scale = BitConverter.ToSingle(_tensor.Slice(bytes, sizeof(float)));
        Release();
        return scale;
    }

    // TQ1_0 and TQ2_0 carry a scale for each block; a BitNet matrix has one, save where a block is all zero.
    private float CommonScale()
    {
        Span<byte> codes = stackalloc byte[TqBlock];
        ushort? common = null;
        for (long block = 0; block < _tensor.Elements / TqBlock; block++)
        {
            ReadTqBlock(block, codes);
            if (codes.ContainsAnyExceptInRange((byte)0, (byte)2))
            {
                throw new ModelFormatException($"Tensor '{Name}' holds the unused code 3 in block {block}.");
            }

            ushort scale = TqScale(block);
            if (scale == 0 || !codes.ContainsAnyExcept((byte)1))
            {
                continue;
            }

            if (common is not null && common != scale)
            {
                throw new ModelFormatException($"Tensor '{Name}' has blocks of different scale, the first of them block {block}; this engine runs one scale to a matrix.");
            }

            common = scale;
        }

        return Float16.ToSingle(common ?? 0);
    }

    private int TqBlockBytes => _tensor.Type == TensorType.TQ1_0 ? 54 : 66;

    private ushort TqScale(long block) => BitConverter.ToUInt16(_tensor.Slice((block * TqBlockBytes) + TqBlockBytes - 2, 2));

    private void TqBlockCodes(long block, Span<byte> codes)
    {
        ReadTqBlock(block, codes);
        if (TqScale(block) == 0)
        {
            codes.Fill(1);          // a block of scale 0 is a block of zeros
        }
    }

    private void ReadTqBlock(long block, Span<byte> codes)
    {
        ReadOnlySpan<byte> bytes = _tensor.Slice(block * TqBlockBytes, TqBlockBytes);
        if (_tensor.Type == TensorType.TQ2_0)
        {
            for (int i = 0; i < 64; i++)
            {
                for (int l = 0; l < 4; l++)
                {
                    codes[(i / 32 * 128) + (32 * l) + (i % 32)] = (byte)((bytes[i] >> (2 * l)) & 3);
                }
            }

            return;
        }

        // Five digits of base 3 to a byte, the most significant first: 32 bytes, 16 bytes, then 4 bytes of four digits.
        ReadOnlySpan<byte> powers = [1, 3, 9, 27, 81];
        for (int l = 0; l < 5; l++)
        {
            for (int m = 0; m < 32; m++)
            {
                codes[(32 * l) + m] = Digit(bytes[m], powers[l]);
            }

            for (int m = 0; m < 16; m++)
            {
                codes[160 + (16 * l) + m] = Digit(bytes[32 + m], powers[l]);
            }

            for (int m = 0; m < 4 && l < 4; m++)
            {
                codes[240 + (4 * l) + m] = Digit(bytes[48 + m], powers[l]);
            }
        }
    }

    private static byte Digit(byte value, byte power) => (byte)(((byte)(value * power) * 3) >> 8);
}
