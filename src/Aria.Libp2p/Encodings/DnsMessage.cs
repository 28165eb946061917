using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Aria.Libp2p.Encodings;

/// <summary>
/// A message of the domain name system (RFC 1035 §4), unicast or multicast (RFC 6762 §18). Only what this library needs of it: records of other classes are passed over,
/// those of unknown kinds kept as bytes. Names are written without compression and read with it.
/// </summary>
public sealed record DnsMessage
{
    /// <summary>The longest message that is read or written, in bytes.</summary>
    public const int MaxBytes = 16 * 1024;

    private const int HeaderBytes = 12;
    private const int MaxEntries = 256;
    private const ushort InternetClass = 1;
    private const ushort TopBit = 0x8000;
    private const ushort ResponseFlag = 0x8000;
    private const ushort AuthoritativeFlag = 0x0400;
    private const ushort TruncatedFlag = 0x0200;
    private const ushort RecursionDesiredFlag = 0x0100;

    /// <summary>Pairs an answer with its question; 0 in multicast DNS.</summary>
    public ushort Id { get; init; }

    /// <summary>True for an answer.</summary>
    public bool IsResponse { get; init; }

    /// <summary>The answerer is the owner of the names.</summary>
    public bool IsAuthoritative { get; init; }

    /// <summary>Not all of the answer found room.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The asker wants the whole work done for it.</summary>
    public bool WantsRecursion { get; init; }

    /// <summary>0 success, 2 the server failed, 3 no such name, 5 refused.</summary>
    public int ResponseCode { get; init; }

    /// <summary>What is asked.</summary>
    public ImmutableArray<DnsQuestion> Questions { get; init; } = [];

    /// <summary>What is answered.</summary>
    public ImmutableArray<DnsRecord> Answers { get; init; } = [];

    /// <summary>What goes with the answer: the authority and additional sections together.</summary>
    public ImmutableArray<DnsRecord> Additional { get; init; } = [];

    /// <summary>The wire form; <see cref="FormatException"/> for names that are none and for what is longer than <see cref="MaxBytes"/>.</summary>
    public byte[] Encode()
    {
        ArrayBufferWriter<byte> output = new();
        int flags = (IsResponse ? ResponseFlag : 0) | (IsAuthoritative ? AuthoritativeFlag : 0) | (IsTruncated ? TruncatedFlag : 0)
            | (WantsRecursion ? RecursionDesiredFlag : 0) | (ResponseCode & 0xf);
        Number(output, Id);
        Number(output, flags);
        Number(output, Questions.Length);
        Number(output, Answers.Length);
        Number(output, 0);
        Number(output, Additional.Length);
        foreach (DnsQuestion question in Questions)
        {
            Name(output, question.Name);
            Number(output, (int)question.Type);
            Number(output, InternetClass | (question.WantsUnicast ? TopBit : 0));
        }

        foreach (DnsRecord record in Answers.Concat(Additional))
        {
            Name(output, record.Name);
            Number(output, (int)record.Type);
            Number(output, InternetClass | (record.ReplacesOthers ? TopBit : 0));
            Number(output, (int)(record.SecondsToLive >> 16));
            Number(output, (int)(record.SecondsToLive & 0xffff));
            Number(output, record.Data.Length);
            output.Write(record.Data);
        }

        return output.WrittenCount <= MaxBytes ? output.WrittenSpan.ToArray() : throw new FormatException($"A DNS message of {output.WrittenCount} bytes is too long.");
    }

    /// <summary>Reads a message; false for anything that is none.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DnsMessage? message)
    {
        message = null;
        if (bytes.Length is < HeaderBytes or > MaxBytes)
        {
            return false;
        }

        int flags = At(bytes, 2), questions = At(bytes, 4), answers = At(bytes, 6), others = At(bytes, 8) + At(bytes, 10), at = HeaderBytes;
        if (questions + answers + others > MaxEntries)
        {
            return false;
        }

        ImmutableArray<DnsQuestion>.Builder asked = ImmutableArray.CreateBuilder<DnsQuestion>();
        for (int i = 0; i < questions; i++)
        {
            if (!DnsName.TryRead(bytes, ref at, out string name) || at + 4 > bytes.Length)
            {
                return false;
            }

            asked.Add(new(name, (DnsType)At(bytes, at), (At(bytes, at + 2) & TopBit) != 0));
            at += 4;
        }

        if (!TryRead(bytes, ref at, answers, out ImmutableArray<DnsRecord> answered) || !TryRead(bytes, ref at, others, out ImmutableArray<DnsRecord> additional))
        {
            return false;
        }

        message = new()
        {
            Id = (ushort)At(bytes, 0),
            IsResponse = (flags & ResponseFlag) != 0,
            IsAuthoritative = (flags & AuthoritativeFlag) != 0,
            IsTruncated = (flags & TruncatedFlag) != 0,
            WantsRecursion = (flags & RecursionDesiredFlag) != 0,
            ResponseCode = flags & 0xf,
            Questions = asked.DrainToImmutable(),
            Answers = answered,
            Additional = additional,
        };
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, int count, out ImmutableArray<DnsRecord> records)
    {
        const int FixedBytes = 10;
        records = [];
        ImmutableArray<DnsRecord>.Builder read = ImmutableArray.CreateBuilder<DnsRecord>();
        for (int i = 0; i < count; i++)
        {
            if (!DnsName.TryRead(bytes, ref at, out string name) || at + FixedBytes > bytes.Length || at + FixedBytes + At(bytes, at + 8) > bytes.Length)
            {
                return false;
            }

            DnsType type = (DnsType)At(bytes, at);
            int dataClass = At(bytes, at + 2);
            uint secondsToLive = BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 4)..]);
            int length = At(bytes, at + 8);
            at += FixedBytes;
            byte[] data = bytes.Slice(at, length).ToArray();
            if (type is DnsType.Ptr or DnsType.Cname)
            {
                // Its pointers lead into this message.
                int target = at;
                if (!DnsName.TryRead(bytes, ref target, out string name2) || target != at + length || !DnsName.TryEncode(name2, out data))
                {
                    return false;
                }
            }

            at += length;
            if ((dataClass & ~TopBit) == InternetClass)
            {
                read.Add(new(name, type, secondsToLive, data, (dataClass & TopBit) != 0));
            }
        }

        records = read.DrainToImmutable();
        return true;
    }

    private static int At(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private static void Number(ArrayBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(sizeof(ushort)), (ushort)value);
        output.Advance(sizeof(ushort));
    }

    private static void Name(ArrayBufferWriter<byte> output, string name) =>
        output.Write(DnsName.TryEncode(name, out byte[] wire) ? wire : throw new FormatException($"'{name}' is no domain name."));
}
