using Aria.Cli.Testnet;

namespace Aria.Cli.Tests.Testnet;

public sealed class TestnetFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("aria-folder-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Lock_IsHeldOnce_AndFreeAgainAfterwards()
    {
        TestnetFolder folder = Folder();
        using (TestnetLock.Take(folder))
        {
            CommandFailedException refusal = Assert.Throws<CommandFailedException>(() => TestnetLock.Take(folder));
            Assert.Equal((ExitCode.Precondition, "testnet_running"), (refusal.ExitCode, refusal.Code));
        }

        TestnetLock.Take(folder).Dispose();
    }

    [Fact]
    public void OtherSeed_IsRefused_TheSameGoesOn()
    {
        TestnetFolder folder = Folder();
        TestnetSeed.Claim(folder, "42");
        TestnetSeed.Claim(folder, "42");
        CommandFailedException refusal = Assert.Throws<CommandFailedException>(() => TestnetSeed.Claim(folder, "43"));
        Assert.Equal(ExitCode.Precondition, refusal.ExitCode);
        Assert.Contains("--reset", refusal.Next, StringComparison.Ordinal);
    }

    private TestnetFolder Folder() => TestnetFolder.Of(AriaFolders.Of(_root, _ => null), "t");
}
