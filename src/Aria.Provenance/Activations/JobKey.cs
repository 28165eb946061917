using System.Security.Cryptography;

namespace Aria.Provenance.Activations;

/// <summary>K_job: 32 random bytes under which a job's activations are hashed. The gateway makes it; the job's stages and openings hold it.</summary>
public static class JobKey
{
    /// <summary>A fresh key.</summary>
    public static Digest New() => new(RandomNumberGenerator.GetBytes(Digest.Size));

    /// <summary>What a plan says of the key: SHA-256("aria/job-key/1" ‖ K_job). It keeps an opening from blaming stages with a key they never had.</summary>
    public static Digest Commitment(Digest jobKey)
    {
        Span<byte> input = stackalloc byte[14 + Digest.Size];
        "aria/job-key/1"u8.CopyTo(input);
        jobKey.Span.CopyTo(input[14..]);
        return Digest.Of(input);
    }
}
