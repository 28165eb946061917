using System.Buffers.Binary;
using System.Text;
using Aria.Engine.Models;

namespace Aria.Audit.Tests;

/// <summary>The built-in model with one trit flipped: a file of its own, found by walking the GGUF's tensor list (specs/model.md).</summary>
internal static class TamperedModel
{
    /// <summary>Writes the model's file with the lowest trit of a tensor changed, and opens it.</summary>
    public static ModelFile Open(string original, string tensor, string path)
    {
        byte[] file = File.ReadAllBytes(original);
        int at = file.AsSpan().IndexOf(Name(tensor));
        ulong offset = 0;
        int end = at;
        for (bool first = true; TryInfo(file, ref end, out ulong here); first = false)
        {
            offset = first ? here : offset;
        }

        int data = (end + 31) / 32 * 32;
        int target = checked(data + (int)offset);
        int code = file[target] & 3;        // 0, 1, 2: −1, 0, 1
        file[target] = (byte)((file[target] & ~3) | (code == 1 ? 2 : 1));

        File.WriteAllBytes(path, file);
        return ModelFile.Open(path);
    }

    private static byte[] Name(string tensor)
    {
        byte[] text = Encoding.UTF8.GetBytes(tensor), bytes = new byte[8 + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)text.Length);
        text.CopyTo(bytes, 8);
        return bytes;
    }

    // name (length u64, bytes), dimensions u32, each u64, type u32, offset u64; the list ends where no name follows
    private static bool TryInfo(byte[] file, ref int at, out ulong offset)
    {
        offset = 0;
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        if (length is 0 or > 64 || file.AsSpan(at + 8, (int)length).ContainsAnyExceptInRange((byte)'.', (byte)'z'))
        {
            return false;
        }

        int dims = at + 8 + (int)length;
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(dims));
        if (count is 0 or > 4)
        {
            return false;
        }

        int rest = dims + 4 + (8 * (int)count);
        offset = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(rest + 4));
        at = rest + 12;
        return true;
    }
}
