using System.Security.Cryptography;
using System.Text;
using Aria.Wire.Signing;

namespace Aria.Cli.Nodes;

/// <summary>Where a node's key comes from: a text, for tests, or a file that only its owner reads.</summary>
internal static class NodeIdentity
{
    /// <summary>Bytes of an Ed25519 seed.</summary>
    public const int SeedBytes = 32;

    /// <summary>The seed that <c>--seed TEXT</c> means: SHA-256 of <c>aria/identity/1/</c> and the text (specs/testnet.md §2).</summary>
    public static byte[] FromText(string text) => SHA256.HashData(Encoding.UTF8.GetBytes("aria/identity/1/" + text));

    /// <summary>The key that a seed makes.</summary>
    public static NodeId IdOf(byte[] seed)
    {
        using SigningKey key = SigningKey.FromSeed(seed);
        return key.Id;
    }

    /// <summary>The seed in a file of 64 hexadecimal digits; the file is made, readable by its owner alone, when it is absent.</summary>
    /// <exception cref="CommandFailedException">The file cannot be read or made, or holds something else.</exception>
    public static byte[] FromFile(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                Create(path);
            }

            string text = File.ReadAllText(path).Trim();
            return text.Length == 2 * SeedBytes && text.All(char.IsAsciiHexDigit)
                ? Convert.FromHexString(text)
                : throw CommandFailedException.Precondition("identity_unusable", $"{path} is no identity file: it holds something other than {2 * SeedBytes} hexadecimal digits.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Precondition, "identity_unusable", $"{path}: {e.Message}", "choose another file with --identity", e);
        }
    }

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(path, options);
        file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SeedBytes)) + "\n"));
    }
}
