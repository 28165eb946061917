using System.Buffers.Binary;
using System.Collections.Immutable;
using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Records;

/// <summary>
/// What opens a record's commitments and digests: the tokens, the salts and the job's key. Private: whoever holds it can read the
/// prompt, and can replay the job (specs/provenance.md §9). Once it is erased, nothing links the record to the text.
/// </summary>
/// <param name="Job">The job.</param>
/// <param name="PromptSalt">Salt of the prompt's commitment.</param>
/// <param name="Prompt">The prompt's token ids.</param>
/// <param name="OutputSalt">Salt of the output's commitment.</param>
/// <param name="Output">Every token that was chosen, an end token included.</param>
/// <param name="JobKey">K_job, 32 bytes.</param>
public sealed record Opening(JobId Job, Digest PromptSalt, ImmutableArray<uint> Prompt, Digest OutputSalt, ImmutableArray<uint> Output, Digest JobKey)
{
    /// <summary>The prompt's commitment.</summary>
    public Digest PromptCommitment => TokenCommitment.Of(PromptSalt, Prompt.AsSpan());

    /// <summary>The output's commitment.</summary>
    public Digest OutputCommitment => TokenCommitment.Of(OutputSalt, Output.AsSpan());

    /// <summary>The array's bytes.</summary>
    public byte[] Encode() => new CanonicalWriter().Array(7).UInt(Versioned.Current).Job(Job)
        .Digest(PromptSalt).Bytes(BytesOf(Prompt)).Digest(OutputSalt).Bytes(BytesOf(Output)).Digest(JobKey).ToArray();

    /// <summary>Reads the array.</summary>
    public static OpenStatus TryDecode(ReadOnlySpan<byte> bytes, out Opening? value)
    {
        value = null;
        if (bytes.Length > Limits.OpeningBytes)
        {
            return OpenStatus.TooLong;
        }

        CanonicalReader reader = new(bytes);
        if (Versioned.Enter(ref reader, 7) is var status && status != OpenStatus.Done)
        {
            return status;
        }

        if (!(reader.TryJob(out JobId job) && reader.TryDigest(out Digest promptSalt) && TryTokens(ref reader, out ImmutableArray<uint> prompt)
            && reader.TryDigest(out Digest outputSalt) && TryTokens(ref reader, out ImmutableArray<uint> output)
            && reader.TryDigest(out Digest jobKey) && reader.AtEnd))
        {
            return OpenStatus.NotCanonical;
        }

        value = new(job, promptSalt, prompt, outputSalt, output, jobKey);
        return OpenStatus.Done;
    }

    /// <summary>The job alone: an opening is no thing to print.</summary>
    public override string ToString() => $"opening of job {Job}";

    private static byte[] BytesOf(ImmutableArray<uint> tokens)
    {
        byte[] bytes = new byte[4 * tokens.Length];
        for (int i = 0; i < tokens.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), tokens[i]);
        }

        return bytes;
    }

    private static bool TryTokens(ref CanonicalReader reader, out ImmutableArray<uint> tokens)
    {
        tokens = [];
        if (!reader.TryBytes(out ReadOnlySpan<byte> bytes, 0, 4 * Limits.Positions) || bytes.Length % 4 != 0)
        {
            return false;
        }

        ImmutableArray<uint>.Builder builder = ImmutableArray.CreateBuilder<uint>(bytes.Length / 4);
        for (int i = 0; i < bytes.Length; i += 4)
        {
            builder.Add(BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]));
        }

        tokens = builder.MoveToImmutable();
        return true;
    }
}
