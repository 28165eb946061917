namespace Aria.Engine.Models.Gguf;

/// <summary>
/// The container: GGUF version 3, little-endian, as specs/model.md §1 has it. Everything is checked against the file's length here; nothing later reads
/// outside a tensor.
/// </summary>
internal sealed unsafe class GgufFile
{
    public const uint Magic = 0x46554747;       // "GGUF"
    public const uint Version = 3;
    public const int MaxMetadata = 65_536;
    public const int MaxTensors = 65_536;
    public const int MaxTensorNameBytes = 64;
    private const int DefaultAlignment = 32;
    private const int MaxAlignment = 1 << 20;
    private const int MaxDimensions = 4;
    private const long MaxElements = 1L << 40;
    private const int SmallestPair = 13;         // an empty key, a type, one byte
    private const int SmallestTensor = 32;

    private readonly Dictionary<string, GgufTensor> _tensors = new(StringComparer.Ordinal);

    private GgufFile()
    {
    }

    public GgufMetadata Metadata { get; } = new();

    public IReadOnlyDictionary<string, GgufTensor> Tensors => _tensors;

    /// <param name="data">The file.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="mapped">Whether they are its pages and no copy.</param>
    /// <exception cref="ModelFormatException">Not a well-formed file of that version; the message says what and where.</exception>
    public static GgufFile Parse(byte* data, long length, bool mapped = false)
    {
        GgufFile file = new();
        GgufCursor cursor = new(data, length);
        if (cursor.Number<uint>("the magic number") != Magic)
        {
            throw new ModelFormatException("The file does not begin with 'GGUF'.");
        }

        uint version = cursor.Number<uint>("the version");
        if (version != Version)
        {
            throw new ModelFormatException($"The file has GGUF version {version}; this engine reads version {Version}.");
        }

        int tensors = Count(ref cursor, "tensors", MaxTensors, SmallestTensor);
        int pairs = Count(ref cursor, "metadata pairs", MaxMetadata, SmallestPair);
        for (int i = 0; i < pairs; i++)
        {
            string key = cursor.Text($"the key of metadata pair {i}");
            file.Metadata.Add(key, cursor.Value(cursor.Number<uint>($"the type of '{key}'"), $"metadata '{key}'"));
        }

        file.ReadTensors(ref cursor, tensors, data, length, mapped);
        return file;
    }

    private static int Count(ref GgufCursor cursor, string what, int most, int smallest)
    {
        ulong count = cursor.Number<ulong>($"the number of {what}");
        return count <= (ulong)most && count <= (ulong)(cursor.Left / smallest)
            ? (int)count
            : throw new ModelFormatException($"The file claims {count} {what}; {cursor.Left} bytes are left and {most} are allowed.");
    }

    private void ReadTensors(ref GgufCursor cursor, int count, byte* data, long length, bool mapped)
    {
        int alignment = Metadata.WholeOrNull("general.alignment", 1, MaxAlignment) ?? DefaultAlignment;
        if (alignment % 8 != 0)
        {
            throw new ModelFormatException($"The alignment {alignment} is not a multiple of 8.");
        }

        List<GgufTensor> found = new(count);
        for (int i = 0; i < count; i++)
        {
            found.Add(ReadTensor(ref cursor, i, alignment));
        }

        long start = (cursor.Position + alignment - 1) / alignment * alignment;
        long free = start;
        foreach (GgufTensor tensor in found.OrderBy(tensor => tensor.Offset))
        {
            if (tensor.Offset > length - start || tensor.Bytes > length - start - tensor.Offset)
            {
                throw new ModelFormatException(
                    $"Tensor '{tensor.Name}' needs {tensor.Bytes} bytes at byte {start} + {tensor.Offset}, but the file ends at byte {length}.");
            }

            if (start + tensor.Offset < free)
            {
                throw new ModelFormatException($"Tensor '{tensor.Name}' at byte {start} + {tensor.Offset} overlaps the tensor that ends at byte {free}.");
            }

            free = start + tensor.Offset + tensor.Bytes;
            if (!_tensors.TryAdd(tensor.Name, tensor with { Address = (nint)(data + start + tensor.Offset), Mapped = mapped }))
            {
                throw new ModelFormatException($"Tensor '{tensor.Name}' stands twice.");
            }
        }
    }

    private static GgufTensor ReadTensor(ref GgufCursor cursor, int index, int alignment)
    {
        long at = cursor.Position;
        string name = cursor.Text($"the name of tensor {index}");
        uint dimensions = cursor.Number<uint>($"the dimensions of tensor '{name}'");
        if (cursor.Position - at - 12 > MaxTensorNameBytes || dimensions is 0 or > MaxDimensions)
        {
            throw new ModelFormatException(
                $"Tensor {index} '{name}' has {dimensions} dimensions (1 to {MaxDimensions} are allowed) and a name of {cursor.Position - at - 12} bytes (at most {MaxTensorNameBytes}).");
        }

        long columns = 1;
        long rows = 1;
        for (uint d = 0; d < dimensions; d++)
        {
            ulong size = cursor.Number<ulong>($"dimension {d} of tensor '{name}'");
            if (size is 0 or > (ulong)MaxElements || (long)size > MaxElements / columns / rows)
            {
                throw new ModelFormatException($"Dimension {d} of tensor '{name}' is {size}; a tensor has 1 to {MaxElements} elements.");
            }

            (columns, rows) = d == 0 ? ((long)size, 1) : (columns, rows * (long)size);
        }

        TensorType type = TensorTypes.Of(cursor.Number<uint>($"the type of tensor '{name}'"), name);
        ulong offset = cursor.Number<ulong>($"the offset of tensor '{name}'");
        if (offset > long.MaxValue || offset % (ulong)alignment != 0)
        {
            throw new ModelFormatException($"Tensor '{name}' begins at offset {offset}, which is no multiple of the alignment {alignment}.");
        }

        if (columns % type.BlockElements() != 0)
        {
            throw new ModelFormatException($"Tensor '{name}' has rows of {columns} elements; {type} takes multiples of {type.BlockElements()}.");
        }

        return new(name, type, (int)dimensions, columns, rows, (long)offset, type.Bytes(columns * rows));
    }
}
