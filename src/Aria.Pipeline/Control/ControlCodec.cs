using System.Diagnostics;
using System.Text;
using Aria.Provenance;
using Aria.Provenance.Activations;
using Aria.Wire.Canonical;
using Aria.Wire.Signing;

namespace Aria.Pipeline.Control;

/// <summary>Control messages to bytes and back: arrays [1, type, …] (specs/pipeline.md §2).</summary>
public static class ControlCodec
{
    /// <summary>Longest message in bytes: a record with its signature.</summary>
    public const int MaxMessageBytes = MaxRecordBytes + 16;

    /// <summary>Longest signed record in bytes.</summary>
    public const int MaxRecordBytes = Limits.RecordBytes + SignatureBytes;

    /// <summary>Longest signed plan in bytes.</summary>
    public const int MaxPlanBytes = Limits.PlanBytes + SignatureBytes;

    /// <summary>Longest signed receipt in bytes.</summary>
    public const int MaxReceiptBytes = Limits.ReceiptBytes + SignatureBytes;

    /// <summary>Most addresses of a successor.</summary>
    public const int MaxAddresses = 16;

    /// <summary>Longest address in bytes.</summary>
    public const int MaxAddressBytes = 256;

    /// <summary>Longest text in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 512;

    private const int Version = 1;
    private const int SignatureBytes = 1 + 5 + 2 + SignatureInput.SignatureSize;     // array, payload's header, signature's header, signature

    private enum Type
    {
        Open = 0,
        Accepted = 1,
        Refused = 2,
        Finish = 3,
        Abort = 4,
        Receipt = 5,
        Record = 6,
        Logged = 7,
        Fault = 8,
        Probe = 9,
        Progress = 10,
    }

    /// <summary>The message's bytes. Texts are cut to <see cref="MaxTextBytes"/>.</summary>
    public static byte[] Encode(ControlMessage message) => message switch
    {
        ControlMessage.Open open => Addresses(Begin(Type.Open, 4).Bytes(open.SignedPlan.Span).Bytes(open.Key.Span).UInt((ulong)open.Index), open.SuccessorAddresses),
        ControlMessage.Accepted accepted => Begin(Type.Accepted, 1).Bytes(accepted.Signature.Span).ToArray(),
        ControlMessage.Refused refused => Begin(Type.Refused, 2).UInt((ulong)refused.Code).Text(Cut(refused.Text)).ToArray(),
        ControlMessage.Finish finish => Begin(Type.Finish, 1).UInt((ulong)finish.Positions).ToArray(),
        ControlMessage.Abort abort => Begin(Type.Abort, 1).Text(Cut(abort.Reason)).ToArray(),
        ControlMessage.Receipt receipt => Begin(Type.Receipt, 1).Bytes(receipt.SignedReceipt.Span).ToArray(),
        ControlMessage.Record record => Begin(Type.Record, 1).Bytes(record.Bytes.Span).ToArray(),
        ControlMessage.Logged logged => Begin(Type.Logged, 2).UInt((ulong)logged.Sequence).Bytes(logged.LeafHash.Span).ToArray(),
        ControlMessage.Fault fault => Optional(Optional(Begin(Type.Fault, 4).UInt((ulong)fault.Code), fault.Position), fault.Layer).Text(Cut(fault.Text)).ToArray(),
        ControlMessage.Probe => Begin(Type.Probe, 0).ToArray(),
        ControlMessage.Progress progress => Begin(Type.Progress, 2).UInt((ulong)progress.Received).UInt((ulong)progress.Sent).ToArray(),
        _ => throw new UnreachableException(),
    };

    /// <summary>Reads a whole message; byte fields point into <paramref name="bytes"/>. Null: not this format, another version, or out of bounds.</summary>
    public static ControlMessage? Decode(ReadOnlyMemory<byte> bytes)
    {
        CanonicalReader reader = new(bytes.Span);
        if (bytes.Length > MaxMessageBytes
            || !reader.TryArray(out int count, 6) || count < 2
            || !reader.TryInt(out int version) || version != Version
            || !reader.TryInt(out int type, (int)Type.Progress))
        {
            return null;
        }

        ControlMessage? message = ((Type)type, count - 2) switch
        {
            (Type.Open, 4) => ReadOpen(bytes, ref reader),
            (Type.Accepted, 1) => ReadBytes(bytes, ref reader, SignatureInput.SignatureSize, SignatureInput.SignatureSize, out var signature) ? new ControlMessage.Accepted(signature) : null,
            (Type.Refused, 2) => reader.TryInt(out int code) && Enum.IsDefined((RefusalCode)code) && reader.TryText(out string? text, MaxTextBytes) ? new ControlMessage.Refused((RefusalCode)code, text) : null,
            (Type.Finish, 1) => reader.TryInt(out int positions) ? new ControlMessage.Finish(positions) : null,
            (Type.Abort, 1) => reader.TryText(out string? reason, MaxTextBytes) ? new ControlMessage.Abort(reason) : null,
            (Type.Receipt, 1) => ReadBytes(bytes, ref reader, 1, MaxReceiptBytes, out var receipt) ? new ControlMessage.Receipt(receipt) : null,
            (Type.Record, 1) => ReadBytes(bytes, ref reader, 1, MaxRecordBytes, out var record) ? new ControlMessage.Record(record) : null,
            (Type.Logged, 2) => reader.TryLong(out long sequence) && reader.TryDigest(out Digest leaf) ? new ControlMessage.Logged(sequence, leaf) : null,
            (Type.Fault, 4) => ReadFault(ref reader),
            (Type.Probe, 0) => new ControlMessage.Probe(),
            (Type.Progress, 2) => reader.TryInt(out int received) && reader.TryInt(out int sent) ? new ControlMessage.Progress(received, sent) : null,
            _ => null,
        };
        return reader.AtEnd ? message : null;
    }

    private static CanonicalWriter Begin(Type type, int fields) => new CanonicalWriter().Array(2 + fields).UInt(Version).UInt((ulong)type);

    private static CanonicalWriter Optional(CanonicalWriter writer, int? value) => value is int present ? writer.UInt((ulong)present) : writer.Nil();

    private static byte[] Addresses(CanonicalWriter writer, IReadOnlyList<ReadOnlyMemory<byte>> addresses)
    {
        writer.Array(addresses.Count);
        foreach (ReadOnlyMemory<byte> address in addresses)
        {
            writer.Bytes(address.Span);
        }

        return writer.ToArray();
    }

    // A fault's text may quote anything: lone surrogates become U+FFFD, and it is cut, at a rune's edge, to what a decoder takes.
    private static string Cut(string text)
    {
        StringBuilder whole = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            whole.Append(rune.ToString());
        }

        StringBuilder cut = new();
        int bytes = 0;
        foreach (Rune rune in whole.ToString().Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxTextBytes)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.ToString();
    }

    private static ControlMessage.Open? ReadOpen(ReadOnlyMemory<byte> bytes, ref CanonicalReader reader)
    {
        if (!ReadBytes(bytes, ref reader, 1, MaxPlanBytes, out ReadOnlyMemory<byte> plan)
            || !ReadBytes(bytes, ref reader, ActivationHash.KeySize, ActivationHash.KeySize, out ReadOnlyMemory<byte> key)
            || !reader.TryInt(out int index, Frames.ActivationFrame.MaxStages - 1)
            || !reader.TryArray(out int count, MaxAddresses))
        {
            return null;
        }

        ReadOnlyMemory<byte>[] addresses = new ReadOnlyMemory<byte>[count];
        for (int i = 0; i < count; i++)
        {
            if (!ReadBytes(bytes, ref reader, 1, MaxAddressBytes, out addresses[i]))
            {
                return null;
            }
        }

        return new(plan, key, index, addresses);
    }

    private static ControlMessage.Fault? ReadFault(ref CanonicalReader reader)
    {
        if (!reader.TryInt(out int code) || !Enum.IsDefined((FaultCode)code)
            || !ReadOptional(ref reader, out int? position)
            || !ReadOptional(ref reader, out int? layer)
            || !reader.TryText(out string? text, MaxTextBytes))
        {
            return null;
        }

        return new((FaultCode)code, position, layer, text);
    }

    private static bool ReadOptional(ref CanonicalReader reader, out int? value)
    {
        value = null;
        if (reader.TryNil())
        {
            return true;
        }

        bool ok = reader.TryInt(out int present);
        value = present;
        return ok;
    }

    private static bool ReadBytes(ReadOnlyMemory<byte> all, ref CanonicalReader reader, int minBytes, int maxBytes, out ReadOnlyMemory<byte> value)
    {
        bool ok = reader.TryBytes(out ReadOnlySpan<byte> span, minBytes, maxBytes);
        value = ok ? all.Slice(all.Length - reader.Rest.Length - span.Length, span.Length) : default;
        return ok;
    }
}
