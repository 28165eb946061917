using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Scheduling;
using Aria.Wire.Canonical;

namespace Aria.Discovery;

/// <summary>A capability record's payload as one canonical array (specs/discovery.md §3).</summary>
internal static class CapabilityCodec
{
    private const int Version = 1;
    private const int Elements = 9;
    private const int ServedElements = 12;
    private const long Bias = 1L << 31;

    public static byte[] Encode(CapabilityRecord record)
    {
        CanonicalWriter writer = new CanonicalWriter().Array(Elements)
            .UInt(Version)
            .Text(record.Network)
            .Bytes(record.Node.Key.Span)
            .UInt((ulong)record.Sequence)
            .UInt((ulong)record.ExpiresUnixMs)
            .Array(record.Addresses.Length);
        foreach (Multiaddress address in record.Addresses)
        {
            writer.Bytes(address.Bytes);
        }

        writer.Array(record.Served.Length);
        foreach (ServedModel served in record.Served)
        {
            writer.Array(ServedElements)
                .Bytes(served.Model.Digest.Span)
                .Text(served.Name)
                .Text(served.NumericSpec)
                .UInt((ulong)served.Layers)
                .Bool(served.Span.Embedding)
                .UInt((ulong)served.Span.Layers.Start)
                .UInt((ulong)served.Span.Layers.End)
                .Bool(served.Span.Head)
                .UInt((ulong)served.Cost.Overhead)
                .UInt((ulong)served.Cost.PerLayer)
                .UInt((ulong)served.Cost.Head)
                .UInt((ulong)served.KvPositions);
        }

        _ = record.Consent is { } consent ? writer.Bytes(consent.Span) : writer.Nil();
        _ = record.Coordinate is { } at
            ? writer.Array(5).UInt((ulong)(at.X + Bias)).UInt((ulong)(at.Y + Bias)).UInt((ulong)(at.Z + Bias)).UInt(at.Height).UInt(at.Error)
            : writer.Nil();
        return writer.ToArray();
    }

    public static CapabilityStatus TryDecode(ReadOnlySpan<byte> payload, out CapabilityRecord? record)
    {
        record = null;
        CanonicalReader reader = new(payload);
        if (!reader.TryArray(out int count, 64) || count == 0 || !reader.TryUInt(out ulong version))
        {
            return CapabilityStatus.NotCanonical;
        }

        if (version != Version)
        {
            return CapabilityStatus.UnknownVersion;
        }

        if (count != Elements
            || !TryName(ref reader, out string network)
            || !reader.TryDigest(out Digest node)
            || !reader.TryLong(out long sequence)
            || !reader.TryLong(out long expires)
            || !TryAddresses(ref reader, out ImmutableArray<Multiaddress> addresses)
            || !TryServed(ref reader, out ImmutableArray<ServedModel> served)
            || !TryConsent(ref reader, out Digest? consent)
            || !TryCoordinate(ref reader, out NetworkCoordinate? coordinate)
            || !reader.AtEnd)
        {
            return CapabilityStatus.NotCanonical;
        }

        record = new(network, new(node), sequence, expires, addresses, served, consent, coordinate);
        return CapabilityStatus.Done;
    }

    private static bool TryName(ref CanonicalReader reader, out string name)
    {
        bool ok = reader.TryText(out string? text, CapabilityBounds.NameBytes) && text.Length > 0;
        name = text ?? "";
        return ok;
    }

    // An address that this reader does not understand is left out: the next kind of transport must not make old readers deaf.
    private static bool TryAddresses(ref CanonicalReader reader, out ImmutableArray<Multiaddress> addresses)
    {
        addresses = [];
        if (!reader.TryArray(out int count, CapabilityBounds.Addresses))
        {
            return false;
        }

        ImmutableArray<Multiaddress>.Builder read = ImmutableArray.CreateBuilder<Multiaddress>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryBytes(out ReadOnlySpan<byte> bytes, 1, CapabilityBounds.AddressBytes))
            {
                return false;
            }

            if (Multiaddress.TryParse(bytes, out Multiaddress? address))
            {
                read.Add(address);
            }
        }

        addresses = read.DrainToImmutable();
        return true;
    }

    private static bool TryServed(ref CanonicalReader reader, out ImmutableArray<ServedModel> served)
    {
        served = [];
        if (!reader.TryArray(out int count, CapabilityBounds.Served))
        {
            return false;
        }

        ImmutableArray<ServedModel>.Builder read = ImmutableArray.CreateBuilder<ServedModel>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryArray(ServedElements)
                || !reader.TryDigest(out Digest model)
                || !TryName(ref reader, out string name)
                || !TryName(ref reader, out string numericSpec)
                || !reader.TryInt(out int layers, CapabilityBounds.Layers) || layers == 0
                || !reader.TryBool(out bool embedding)
                || !reader.TryInt(out int start, layers)
                || !reader.TryInt(out int end, layers) || end < start
                || !reader.TryBool(out bool head) || (end == start && !head)
                || !reader.TryUInt(out ulong overhead, StepCost.MaxMicroseconds)
                || !reader.TryUInt(out ulong perLayer, StepCost.MaxMicroseconds)
                || !reader.TryUInt(out ulong headCost, StepCost.MaxMicroseconds)
                || !reader.TryInt(out int positions))
            {
                return false;
            }

            read.Add(new(
                new(model), name, numericSpec, layers, new(embedding, LayerRange.Of(start, end), head), new((long)overhead, (long)perLayer, (long)headCost), positions));
        }

        served = read.DrainToImmutable();
        return true;
    }

    private static bool TryConsent(ref CanonicalReader reader, out Digest? consent)
    {
        consent = null;
        if (reader.TryNil())
        {
            return true;
        }

        bool ok = reader.TryDigest(out Digest digest);
        consent = digest;
        return ok;
    }

    private static bool TryCoordinate(ref CanonicalReader reader, out NetworkCoordinate? coordinate)
    {
        coordinate = null;
        if (reader.TryNil())
        {
            return true;
        }

        if (!reader.TryArray(5)
            || !reader.TryUInt32(out uint x) || !reader.TryUInt32(out uint y) || !reader.TryUInt32(out uint z)
            || !reader.TryUInt32(out uint height) || !reader.TryUInt32(out uint error))
        {
            return false;
        }

        coordinate = new((int)(x - Bias), (int)(y - Bias), (int)(z - Bias), height, error);
        return true;
    }
}
