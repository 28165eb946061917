using Aria.Engine.Numerics;

namespace Aria.Engine.Tests.Numerics;

public class FloatEnvironmentTests
{
    [Fact]
    public void ThisProcess_KeepsSubnormals_OnEveryThread()
    {
        Assert.True(FloatEnvironment.KeepsSubnormals());
        bool other = false;
        Thread thread = new(() => other = FloatEnvironment.KeepsSubnormals());
        thread.Start();
        thread.Join();
        Assert.True(other);
    }
}
