using Aria.Cli.Nodes;
using Aria.Libp2p;

namespace Aria.Cli.Tests.Nodes;

public sealed class NodeIdentityTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("aria-identity-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void SeedText_AlwaysGivesTheSameKey()
    {
        // sha256("aria/identity/1/42/n1"), by sha256sum.
        Assert.Equal("48337b8312b39e6beacae8a17de62e554e97ba8576747407801f9f8a343f7af7", Convert.ToHexStringLower(NodeIdentity.FromText("42/n1")));
        using Identity identity = Identity.FromSeed(NodeIdentity.FromText("42/n1"));
        using Identity again = Identity.FromSeed(NodeIdentity.FromText("42/n1"));
        using Identity other = Identity.FromSeed(NodeIdentity.FromText("42/n2"));
        Assert.Equal(identity.PeerId, again.PeerId);
        Assert.NotEqual(identity.PeerId, other.PeerId);
    }

    [Fact]
    public void AbsentFile_IsMade_ForItsOwnerAlone_AndReadBack()
    {
        string path = Path.Combine(_root, "keys", "node.key");
        byte[] seed = NodeIdentity.FromFile(path);
        Assert.Equal(seed, NodeIdentity.FromFile(path));
        Assert.NotEqual(seed, NodeIdentity.FromFile(Path.Combine(_root, "other.key")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("zz34567890123456789012345678901234567890123456789012345678901234")]
    public void OtherContent_IsRefused(string content)
    {
        string path = Path.Combine(_root, "node.key");
        File.WriteAllText(path, content);
        Assert.Equal("identity_unusable", Assert.Throws<CommandFailedException>(() => NodeIdentity.FromFile(path)).Code);
    }

    [Fact]
    public void FolderInPlaceOfAFile_IsRefused() =>
        Assert.Equal(ExitCode.Precondition, Assert.Throws<CommandFailedException>(() => NodeIdentity.FromFile(_root)).ExitCode);
}
