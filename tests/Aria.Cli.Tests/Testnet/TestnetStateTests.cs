using Aria.Cli.Processes;
using Aria.Cli.Testnet;

namespace Aria.Cli.Tests.Testnet;

public sealed class TestnetStateTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("aria-state-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void WrittenState_IsReadBack_WhileItsSupervisorLives()
    {
        TestnetFolder folder = Folder();
        TestnetState state = State(ProcessIdentity.Current);
        state.Write(folder.StateFile);
        Assert.Equivalent(state, TestnetState.TryReadRunning(folder), strict: true);
    }

    [Fact]
    public void StateOfAnotherProcessWithTheSamePid_IsStale()
    {
        TestnetFolder folder = Folder();
        State(ProcessIdentity.Current with { Started = 1 }).Write(folder.StateFile);
        Assert.Null(TestnetState.TryReadRunning(folder));
        Assert.NotNull(TestnetState.TryRead(folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{ \"schema\": \"aria.testnet/2\" }")]
    public void DamagedState_IsNone(string text)
    {
        TestnetFolder folder = Folder();
        File.WriteAllText(folder.StateFile, text);
        Assert.Null(TestnetState.TryRead(folder));
    }

    [Fact]
    public void StateFile_IsItsOwnersAlone()
    {
        TestnetFolder folder = Folder();
        State(ProcessIdentity.Current).Write(folder.StateFile);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.StateFile));
        }
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("")]
    [InlineData("a/b")]
    public void NameThatIsNoFolder_IsRefused(string name) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CommandFailedException>(() => TestnetFolder.Of(new(_root, _root), name)).ExitCode);

    private TestnetFolder Folder()
    {
        TestnetFolder folder = TestnetFolder.Of(new(_root, _root), "t");
        Directory.CreateDirectory(folder.State);
        return folder;
    }

    private static TestnetState State(ProcessIdentity supervisor) => new()
    {
        Name = "t", Pid = supervisor.Pid, Started = supervisor.Started, Command = "aria testnet up", Model = "m", ModelSource = "m", ModelId = "00", Layers = 8,
        Url = "http://127.0.0.1:1", ApiUrl = "http://127.0.0.1:1/v1", Logs = "/l", ControlToken = "secret", Gateway = Node("gateway"), Nodes = [Node("n1")],
    };

    private static TestnetNodeState Node(string name) => new()
    {
        Name = name, Pid = 1, Started = 2, State = "online", NodeId = "ab", PeerId = "12D3", Address = "/ip4/127.0.0.1/tcp/1/p2p/12D3",
        Layers = "0-4", Embedding = true, Head = false, Log = "/l/n1.log", Data = "/d/n1",
    };
}
