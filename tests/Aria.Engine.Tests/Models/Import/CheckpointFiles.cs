using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Aria.Engine.Tests.Models.Import;

/// <summary>Writes checkpoints for tests: safetensors files, right ones and wrong ones, with the JSON beside them.</summary>
internal sealed class CheckpointFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aria-checkpoint-");

    public string Folder => _folder.FullName;

    public JsonObject Config { get; set; } = [];

    public Dictionary<string, (string Type, long[] Shape, byte[] Data)> Tensors { get; } = [];

    public void Dispose() => _folder.Delete(recursive: true);

    public string File(string name) => Path.Combine(Folder, name);

    public void Add(string name, string type, long[] shape, byte[] data) => Tensors[name] = (type, shape, data);

    /// <summary>Writes config.json, and the tensors into one file, or into as many shards as asked for.</summary>
    public CheckpointFiles Write(int shards = 1)
    {
        System.IO.File.WriteAllText(File("config.json"), Config.ToJsonString());
        if (shards == 1)
        {
            System.IO.File.WriteAllBytes(File("model.safetensors"), Safetensors(Tensors));
            return this;
        }

        JsonObject map = [];
        for (int i = 0; i < shards; i++)
        {
            string name = $"model-{i + 1:00000}-of-{shards:00000}.safetensors";
            var part = Tensors.Index().Where(tensor => tensor.Index % shards == i).ToDictionary(tensor => tensor.Item.Key, tensor => tensor.Item.Value);
            System.IO.File.WriteAllBytes(File(name), Safetensors(part));
            part.Keys.ToList().ForEach(tensor => map[tensor] = name);
        }

        System.IO.File.WriteAllText(File("model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());
        return this;
    }

    public static byte[] Safetensors(IReadOnlyDictionary<string, (string Type, long[] Shape, byte[] Data)> tensors)
    {
        JsonObject head = new() { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        long at = 0;
        foreach ((string name, (string type, long[] shape, byte[] data)) in tensors)
        {
            head[name] = JsonSerializer.SerializeToNode(new { dtype = type, shape, data_offsets = (long[])[at, at + data.Length] });
            at += data.Length;
        }

        byte[] json = Encoding.UTF8.GetBytes(head.ToJsonString());
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. tensors.Values.SelectMany(tensor => tensor.Data)];
    }

    public static byte[] Bytes<T>(IEnumerable<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values.ToArray()).ToArray();

    /// <summary>Four rows to a byte, the first quarter of them in the low bits.</summary>
    public static byte[] Packed(byte[] codes, int rows, int columns)
    {
        byte[] packed = new byte[rows / 4 * columns];
        for (int i = 0; i < codes.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, columns);
            packed[(row % (rows / 4) * columns) + column] |= (byte)(codes[i] << (2 * (row / (rows / 4))));
        }

        return packed;
    }
}
