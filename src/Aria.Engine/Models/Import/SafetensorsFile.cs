using System.Text.Json;

namespace Aria.Engine.Models.Import;

/// <summary>
/// The safetensors container: u64 length, that much JSON naming each tensor's type, shape and bytes, then the data, which they cover exactly once
/// (specs/model.md §6). Everything is checked against the file's length here.
/// </summary>
internal sealed unsafe class SafetensorsFile
{
    /// <summary>Longest JSON head, in bytes.</summary>
    public const int MaxHeadBytes = 1 << 24;

    public const int MaxTensors = 65_536;
    private const int MaxNameLength = 512;
    private const int MaxDimensions = 8;
    private const long MaxElements = 1L << 40;
    private const string Metadata = "__metadata__";

    private SafetensorsFile(Dictionary<string, SafetensorsTensor> tensors) => Tensors = tensors;

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    /// <exception cref="ModelFormatException">Not a well-formed file; the message says what and where.</exception>
    public static SafetensorsFile Parse(byte* data, long length, string file)
    {
        if (length < sizeof(ulong))
        {
            throw new ModelFormatException($"{file} has {length} bytes and is no safetensors file.");
        }

        ulong head = *(ulong*)data;
        if (head > MaxHeadBytes || head > (ulong)(length - sizeof(ulong)))
        {
            throw new ModelFormatException($"{file} claims a head of {head} bytes; {length - sizeof(ulong)} are left and {MaxHeadBytes} are allowed.");
        }

        byte[] json = new ReadOnlySpan<byte>(data + sizeof(ulong), (int)head).ToArray();
        long start = sizeof(ulong) + (long)head;
        List<SafetensorsTensor> found = CheckpointJson.Read($"{file}: the head", json, root => ReadAll(root, file));
        Dictionary<string, SafetensorsTensor> tensors = new(found.Count, StringComparer.Ordinal);
        long free = 0;
        foreach (SafetensorsTensor tensor in found.OrderBy(tensor => tensor.Start).ThenBy(tensor => tensor.End))
        {
            if (tensor.Start != free)
            {
                throw new ModelFormatException(
                    $"{file}: tensor '{tensor.Name}' begins at byte {tensor.Start} of the data, {(tensor.Start < free ? "inside the tensor" : "with a hole behind the one")} that ends at byte {free}.");
            }

            if (tensor.End > length - start)
            {
                throw new ModelFormatException($"{file}: tensor '{tensor.Name}' ends at byte {tensor.End} of the data, which has {length - start}: the file is cut short.");
            }

            free = tensor.End;
            tensors.Add(tensor.Name, tensor with { Address = (nint)(data + start + tensor.Start) });
        }

        return free == length - start
            ? new(tensors)
            : throw new ModelFormatException($"{file}: the tensors end at byte {free} of the data, which has {length - start}.");
    }

    private static List<SafetensorsTensor> ReadAll(JsonElement root, string file)
    {
        List<SafetensorsTensor> tensors = [];
        foreach (JsonProperty entry in root.EnumerateObject())
        {
            if (entry.Name == Metadata)
            {
                continue;
            }

            if (tensors.Count == MaxTensors || entry.Name.Length > MaxNameLength)
            {
                throw new ModelFormatException($"{file}: more than {MaxTensors} tensors, or a name of more than {MaxNameLength} characters.");
            }

            tensors.Add(Tensor(entry, file));
        }

        return tensors;
    }

    private static SafetensorsTensor Tensor(JsonProperty entry, string file)
    {
        string typeName = CheckpointJson.Text(entry.Value, "dtype");
        if (!Enum.TryParse(typeName, out SafetensorsType type) || !Enum.IsDefined(type) || typeName != type.ToString())
        {
            throw new ModelFormatException($"{file}: tensor '{entry.Name}' has the type '{typeName}'; an import knows {string.Join(", ", Enum.GetNames<SafetensorsType>())}.");
        }

        long[] shape = CheckpointJson.Wholes(entry.Value, "shape", MaxDimensions, MaxElements);
        long[] offsets = CheckpointJson.Wholes(entry.Value, "data_offsets", 2, long.MaxValue);
        long elements = 1;
        foreach (long size in shape)
        {
            if (size == 0 || size > MaxElements / elements)
            {
                throw new ModelFormatException($"{file}: tensor '{entry.Name}' has the shape [{string.Join(", ", shape)}]; 1 to {MaxElements} elements are allowed.");
            }

            elements *= size;
        }

        return offsets.Length == 2 && offsets[0] <= offsets[1] && offsets[1] - offsets[0] == elements * type.Bytes()
            ? new(entry.Name, type, shape, offsets[0], offsets[1])
            : throw new ModelFormatException(
                $"{file}: tensor '{entry.Name}' of {elements} elements of {type} has the bytes [{string.Join(", ", offsets)}]; {elements * type.Bytes()} are needed.");
    }
}
